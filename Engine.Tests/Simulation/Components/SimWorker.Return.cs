using Engine.Plugins.Transports;
using Engine.Workers.Machine;

namespace Engine.Tests.Simulation.Components;

/// <summary>How an incarnation ends whose connection broke, and how the next one takes over what it held; as in the engine's <c>Worker.Return.cs</c>.</summary>
internal sealed partial class SimWorker
{
    private MachineRemains? _remains;
    private SimWorker? _before;
    private bool _isLetGo;

    /// <summary>Whether its connection has broken, and the next incarnation was not let in yet. It serves peers, and does nothing else.</summary>
    public bool IsAway { get; private set; }

    /// <summary>The incarnation that it says that it was; null: it is the first.</summary>
    public WorkerId? After { get; private init; }

    /// <summary>The values that it offered.</summary>
    public IReadOnlyList<TaskKey> Offer { get; private init; } = [];

    /// <summary>The next incarnation: at the same address, or at another one.</summary>
    public SimWorker Next() => new(World, NextPlace(), Name, Dice.OneIn(2) ? Address : World.FreeAddress(Dice), Settings, Process, this)
    {
        HostLabel = HostLabel,
        After = Id,
        Offer = [.. _remains!.Values.Select(static held => held.Key)],
    };

    /// <summary>The next incarnation was let in: this one ends.</summary>
    public void LetGo()
    {
        (IsAway, _isLetGo, _saidGoodbye) = (false, true, true);
        Post(CutOff, TeardownTime());
    }

    /// <summary>There won't be a next incarnation: the process ends.</summary>
    public void EndAway(CloseReason reason, string detail)
    {
        IsAway = false;
        BeginClosing(reason, detail);
    }

    public void GiveUpTry()
    {
        if (_machine is null)
        {
            Close(CloseReason.SchedulerLost, "it got no answer in time");
        }
    }

    private bool MayComeBack(Disconnect end) =>
        end.Kind == DisconnectKind.Aborted && !IsClosing && _machine is { IsLeaving: false } && Process.MayComeBack();

    private void BreakOff(string detail)
    {
        World.Tracer.Add("breaks off", Place, (ulong)Id.Number);
        _remains = _machine!.Leave();
        (IsClosing, IsAway, _reason, _detail) = (true, true, CloseReason.SchedulerLost, detail);
        Executor.BreakOff();
        Process.OnBrokeOff(this);
    }

    private void TakeOver(SimWorker before, IReadOnlyList<TaskKey> declined)
    {
        _before = null;
        Store.MoveTo(this);
        _machine!.TakeOver(before._remains!, declined);
        Process.OnLetIn(this, isEmpty: declined.Count == Offer.Count);
    }
}
