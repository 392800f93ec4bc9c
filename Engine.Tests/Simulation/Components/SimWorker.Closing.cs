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

    /// <summary>Whether its nanny has had it killed: what it hears meanwhile decides nothing.</summary>
    public bool IsBeingKilled { get; set; }

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

        (IsClosing, _reason, _detail) = (true, reason, detail);
        World.Tracer.Add("closes", Place, (ulong)reason);
        World.Coverage?.Closes(reason);
        if (Nanny is { IsAlive: true, IsStopped: false } nanny)
        {
            var toNanny = Dice.Between(TimeSpan.FromMicroseconds(1), TimeSpan.FromMilliseconds(1));
            nanny.Post(() => nanny.OnWorkerCloses(this, _reason, _detail), toNanny);
            Post(StopTaking, toNanny + Dice.Between(TimeSpan.FromMicroseconds(1), TimeSpan.FromMilliseconds(1)));
        }
        else
        {
            Post(StopTaking, Nanny is null ? TimeSpan.Zero : s_nannyLimit); // A nanny that can't be reached doesn't hold it up.
        }
    }

    /// <summary>Ends as a process does that is killed.</summary>
    /// <param name="isHostGone">Whether nobody is told, because its host is gone too.</param>
    public void Die(bool isHostGone = false)
    {
        if (IsAlive)
        {
            World.Tracer.Add("dies", Place, isHostGone ? 1UL : 0UL);
            Leave(isHostGone, new Disconnect(DisconnectKind.Aborted, "its process was killed"), CloseReason.Crashed, "exit code 137");
        }
    }

    private void StopTaking()
    {
        _saidGoodbye = true;
        _scheduler?.TrySend(new Goodbye(_reason, _detail));
        Executor.Close();
        Post(CutOff, Dice.OneIn(4) ? Dice.Milliseconds(0, 20) : TimeSpan.Zero); // A plugin that takes its time.
    }

    private void CutOff() => Leave(isHostGone: false, new Disconnect(DisconnectKind.Closed, _detail), _reason, _detail);

    private void Leave(bool isHostGone, Disconnect end, CloseReason reason, string detail)
    {
        World.Watch.Ends(this);
        End(isHostGone, end);
        Executor.Close();
        if (World.Addresses.GetValueOrDefault(Address) == this)
        {
            World.Addresses.Remove(Address);
        }

        World.Watch.MayHaveLost();
        Exited(this, reason, detail);
    }
}
