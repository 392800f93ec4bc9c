using Engine.Nannies.Machine;
using Engine.Plugins.Transports;
using Engine.Protocol;

namespace Engine.Tests.Simulation.Components;

/// <summary>How a worker ends: in order, as its shell does, or as a process does that is killed.</summary>
internal sealed partial class SimWorker
{
    private static readonly TimeSpan s_nannyLimit = TimeSpan.FromMilliseconds(100);
    private CloseReason _reason;
    private string _detail = string.Empty;
    private bool _saidGoodbye;

    public bool IsClosing { get; private set; }

    /// <summary>Whether it was told that it is no member, and that nothing is to follow it (I1).</summary>
    public bool WasMissing { get; private set; }

    /// <summary>Ends in order. The first call decides, unless a later one has a stronger reason.</summary>
    public void Close(CloseReason reason, string detail)
    {
        if (IsClosing)
        {
            if (!_saidGoodbye && CloseTable.StrengthOf(reason) > CloseTable.StrengthOf(_reason))
            {
                (_reason, _detail) = (reason, detail);
            }

            return;
        }

        BeginClosing(reason, detail);
    }

    /// <summary>Its process is killed.</summary>
    public void Die(bool isHostGone)
    {
        World.Tracer.Add("dies", Place, isHostGone ? 1UL : 0UL);
        Leave(isHostGone, new Disconnect(DisconnectKind.Aborted, "its process was killed"), CloseReason.Crashed, "exit code 137");
    }

    private void BeginClosing(CloseReason reason, string detail)
    {
        (IsClosing, _reason, _detail) = (true, reason, detail);
        World.Tracer.Add("closes", Place, (ulong)reason);
        World.Coverage?.Closes(reason);
        if (_before is not null)
        {
            Post(StopTaking); // It only tried to come back, and may try again: its nanny needn't know.
        }
        else if (Nanny is { IsAlive: true, IsStopped: false } nanny)
        {
            var toNanny = Dice.Between(TimeSpan.FromMicroseconds(1), TimeSpan.FromMilliseconds(1));
            nanny.Post(() => nanny.OnWorkerCloses(Process, _reason, _detail), toNanny);
            Post(StopTaking, toNanny + Dice.Between(TimeSpan.FromMicroseconds(1), TimeSpan.FromMilliseconds(1)));
        }
        else
        {
            Post(StopTaking, Nanny is null ? TimeSpan.Zero : s_nannyLimit); // A nanny that can't be reached doesn't hold it up.
        }
    }

    private void StopTaking()
    {
        _saidGoodbye = true;
        _scheduler?.TrySend(new Goodbye(_reason, _detail));
        Executor.Close();
        Post(CutOff, TeardownTime());
    }

    /// <summary>A plugin may take its time.</summary>
    private TimeSpan TeardownTime() => Dice.OneIn(4) ? Dice.Milliseconds(0, 20) : TimeSpan.Zero;

    private void CutOff() => Leave(isHostGone: false, new Disconnect(DisconnectKind.Closed, _detail), _reason, _detail);

    private void Leave(bool isHostGone, Disconnect end, CloseReason reason, string detail)
    {
        if (!_isLetGo) // Otherwise what it had is the next incarnation's.
        {
            World.Watch.Ends(this);
            Executor.Close();
        }

        End(isHostGone, end);
        if (World.Addresses.GetValueOrDefault(Address) == this)
        {
            World.Addresses.Remove(Address);
        }

        World.Watch.MayHaveLost();
        Process.OnLeft(this, reason, detail);
    }
}
