using Engine.Workers.Machine;

namespace Engine.Tests.Simulation.Components;

/// <summary>
/// A worker process, over its incarnations: what <c>WorkerLife</c> is in the engine. When the connection to the scheduler breaks, the next
/// incarnation tries to take over what the last one holds. If it can't in time, the process ends.
/// </summary>
/// <param name="world">Where it is.</param>
/// <param name="nanny">The nanny that started it; null: none did.</param>
/// <param name="number">Which worker of its nanny it is.</param>
/// <param name="exited">Told once when it is gone.</param>
internal sealed class SimProcess(World world, SimNanny? nanny, long number, Action<SimProcess, CloseReason, string> exited)
{
    private readonly ComebackRule _rule = new();
    private readonly TimeSpan _started = world.Now;
    private readonly Queue<Action> _orders = new();
    private (CloseReason Reason, string Detail)? _asked;
    private SimWorker? _away;
    private TimeSpan _broke;
    private int _tries;

    public SimNanny? Nanny => nanny;

    public long Number => number;

    /// <summary>See <see cref="SimComponent.Group"/>. Without a nanny it has one incarnation.</summary>
    public ulong Group => nanny?.Group ?? Current.Place;

    /// <summary>The incarnation that runs, tries to be let in, or waits until the next one tries.</summary>
    public SimWorker Current { get; private set; } = null!; // Set by Start.

    public bool IsAlive { get; private set; } = true;

    /// <summary>Whether its nanny knows that it is up.</summary>
    public bool HasStarted { get; set; }

    /// <summary>Whether its nanny has had it killed: what it hears meanwhile decides nothing.</summary>
    public bool IsBeingKilled { get; set; }

    public void Start(SimWorker first) => Run(first);

    /// <summary>Has something done in it, whichever incarnation it is then.</summary>
    public void Order(Action order, TimeSpan delay) => world.Agenda.After(
        delay,
        () =>
        {
            _orders.Enqueue(order);
            Current.Post(TakeOrders);
        },
        Group);

    /// <summary>It is asked to end; from then on it doesn't come back.</summary>
    public void Close(CloseReason reason, string detail)
    {
        _asked ??= (reason, detail);
        if (_away is { } away && away == Current)
        {
            EndAway(reason, detail);
        }
        else
        {
            Current.Close(reason, detail);
        }
    }

    /// <summary>Ends at once, as a process does that is killed.</summary>
    /// <param name="isHostGone">Whether nobody is told, because its host is gone too.</param>
    public void Die(bool isHostGone = false)
    {
        if (!IsAlive)
        {
            return;
        }

        IsAlive = false;
        foreach (var worker in Incarnations())
        {
            worker.Die(isHostGone);
        }

        exited(this, CloseReason.Crashed, "exit code 137");
    }

    /// <summary>Stands still.</summary>
    public void Stop(TimeSpan time) => Incarnations().ForEach(worker => worker.Stop(time));

    /// <summary>The connection to the scheduler has broken. Says whether the worker may come back.</summary>
    public bool MayComeBack() => nanny is not null && _asked is null && _rule.TakeBreak(world.Now - _started);

    public void OnBrokeOff(SimWorker worker)
    {
        (_away, _broke, _tries) = (worker, world.Now, 0);
        PlanTry("the connection to the scheduler broke");
    }

    /// <summary>The scheduler has let the next incarnation in: the one before ends.</summary>
    public void OnLetIn(SimWorker worker, bool isEmpty)
    {
        world.Tracer.Add("is back", worker.Place, _away!.Place);
        world.Coverage?.CameBack(isEmpty ? Comeback.Empty : Comeback.Adopted);
        _away.LetGo();
        _away = null;
        nanny!.OnWorkerReturned(this, worker.Id);
    }

    /// <summary>An incarnation is gone. If it only tried to come back it tries again, as long as nothing but the way was bad.</summary>
    public void OnLeft(SimWorker worker, CloseReason reason, string detail)
    {
        if (!IsAlive || worker != Current)
        {
            return; // It was killed, or the next one is there.
        }

        if (_away is not { } away)
        {
            IsAlive = false;
            exited(this, reason, detail);
            return;
        }

        Become(away);
        if (reason == CloseReason.SchedulerLost)
        {
            PlanTry(detail);
        }
        else
        {
            var (why, what) = _asked ?? (reason, detail);
            world.Coverage?.CameBack(Comeback.Refused);
            EndAway(why, what);
        }
    }

    private void PlanTry(string detail)
    {
        var away = _away!; // Whoever plans a try is away.
        if (_asked is { } asked)
        {
            EndAway(asked.Reason, asked.Detail);
        }
        else if (ComebackRule.PauseBefore(_tries++, world.Now - _broke) is { } pause)
        {
            away.Post(() => Try(away), pause, touchesAll: true);
        }
        else
        {
            world.Coverage?.CameBack(Comeback.GivenUp);
            EndAway(CloseReason.SchedulerLost, detail);
        }
    }

    private void Try(SimWorker before)
    {
        if (_away != before)
        {
            return; // It was asked to end meanwhile.
        }

        var next = before.Next();
        Run(next);
        world.Agenda.After(ComebackRule.Limit - (world.Now - _broke), () => next.Post(next.GiveUpTry), Group, isRecurring: true);
    }

    private void EndAway(CloseReason reason, string detail)
    {
        var away = _away!; // See above.
        _away = null;
        away.EndAway(reason, detail);
    }

    private void Run(SimWorker worker)
    {
        world.Workers.Add(worker);
        Become(worker);
        worker.Start();
    }

    private void Become(SimWorker worker)
    {
        Current = worker;
        if (_orders.Count > 0)
        {
            worker.Post(TakeOrders);
        }
    }

    private void TakeOrders()
    {
        while (_orders.TryDequeue(out var order))
        {
            order();
        }
    }

    private List<SimWorker> Incarnations() => world.Workers.FindAll(worker => worker.Process == this && worker.IsAlive);
}

/// <summary>What became of a worker that tried to come back.</summary>
internal enum Comeback
{
    /// <summary>It was let in, and what it held was taken over.</summary>
    Adopted,

    /// <summary>It was let in and held nothing that was still believed.</summary>
    Empty,

    /// <summary>It was not let in, or asked to end.</summary>
    Refused,

    /// <summary>It got no answer in time.</summary>
    GivenUp,
}
