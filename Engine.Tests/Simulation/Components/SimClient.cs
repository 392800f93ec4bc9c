using Engine.Clients.Machine;
using Engine.Collections;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.Simulation.Network;

namespace Engine.Tests.Simulation.Components;

/// <summary>A client: its machine, and a program that waits for each of its futures.</summary>
internal sealed class SimClient : SimComponent, IFutureWaiter
{
    private readonly List<(IFutureWaiter Waiter, TaskKey Key, FutureStatus Status)> _due = [];
    private readonly HashSet<TaskKey> _awaited = [];
    private readonly HashSet<long> _open = [];
    private readonly HashSet<long> _takes = [];
    private readonly LinkEnd _scheduler;
    private ClientId _id;
    private long _sequence;
    private long _requests;

    public SimClient(World world, ulong place, int number)
        : base(world, $"client {number}", place)
    {
        _scheduler = world.Network.Connect(this, world.Scheduler).Near;
        _scheduler.TrySend(new RegisterClient(Name));
    }

    public ClientStateMachine Machine { get; } = new();

    /// <summary>Keys that it holds futures of, in the order in which it got them.</summary>
    public List<TaskKey> Held { get; } = [];

    public bool IsRegistered => _id.Number != 0;

    /// <summary>Questions without an answer.</summary>
    public int OpenCount => _open.Count;

    /// <summary>
    /// Whether it waits for keys. Meanwhile nothing is released: a key given up before the answer says that it is held would be given up at
    /// the scheduler afterwards.
    /// </summary>
    public bool TakesKeys => _takes.Count > 0;

    protected override TimeSpan? NextDeadline => null;

    public TaskKey NextKey() => new(_id, _sequence++);

    /// <summary>The first key of a page of its own.</summary>
    public TaskKey NextPage(int count)
    {
        const int pageMask = KeyTable<SchedulerTask>.PageSize - 1;
        _sequence = (_sequence + pageMask) & ~pageMask;
        var first = new TaskKey(_id, _sequence);
        _sequence += count;
        return first;
    }

    public void Send(Message message) => _scheduler.TrySend(message);

    public void Ask(Request request, bool takesKeys = false)
    {
        request.RequestId = ++_requests;
        _open.Add(_requests);
        if (takesKeys)
        {
            _takes.Add(_requests);
        }

        Send(request);
    }

    public void Hold(TaskKey key)
    {
        if (!Machine.Holds(key))
        {
            Machine.Add(key);
            Held.Add(key);
            Await(key);
        }
    }

    public void Release(IReadOnlyCollection<TaskKey> keys)
    {
        var batch = BatchPool<ReleaseKeys>.Get();
        foreach (var key in keys)
        {
            if (batch.IsFull)
            {
                Send(batch);
                batch = BatchPool<ReleaseKeys>.Get();
            }

            while (Machine.Holds(key) && !Machine.Release(key))
            {
                Machine.ReleaseFound(key);
            }

            Held.Remove(key);
            batch.Add(new KeyRange { First = key, Count = 1 });
        }

        Send(batch);
        TellWaiters();
    }

    /// <summary>Its program is over: what it held is given up.</summary>
    public void Leave()
    {
        if (IsAlive)
        {
            Held.Clear();
            _open.Clear();
            _takes.Clear();
            End(false, new Disconnect(DisconnectKind.Closed, "its program is over"));
        }
    }

    protected override void Handle(in Arrival arrival)
    {
        if (arrival.End is { } end)
        {
            // Without a session a client ends with its connection: nothing that is pending is left so (I9).
            _open.Clear();
            _takes.Clear();
            Machine.CancelAll(new TaskError(TaskErrorKind.Failed, default, $"the scheduler is gone: {end}"));
            TellWaiters();
            Held.Clear();
            End(false, end);
            return;
        }

        switch (arrival.Message)
        {
            case ClientRegistered registered:
                _id = registered.Id;
                break;
            case KeyNotices notices:
                Machine.Apply(notices);
                TellWaiters();
                break;
            case Reply reply:
                OnReply(reply);
                break;
        }

        MessagePools.Return(arrival.Message!);
    }

    protected override void EndTurn()
    {
        Machine.Validate();
        World.Watch.MayHaveLost();
    }

    protected override void Tick() => throw new NotSupportedException("A client's machine knows no time.");

    void IFutureWaiter.Ended(TaskKey key, FutureStatus status)
    {
        if (!_awaited.Remove(key))
        {
            throw new SimFailure("I9", $"{key} ends once, but it was {status} as well");
        }

        if (status == FutureStatus.Pending)
        {
            throw new SimFailure("I9", $"a future that has ended isn't pending, but {key} is");
        }
    }

    private void OnReply(Reply reply)
    {
        if (!_open.Remove(reply.RequestId))
        {
            throw new SimFailure("I6", $"each question has one answer, but {reply.RequestId} has another one");
        }

        if (_takes.Remove(reply.RequestId) && reply.Value is TakenKeys taken)
        {
            Array.ForEach(taken.Keys, HoldFound);
        }
    }

    /// <summary>Holds a key that the scheduler has counted as this client's; again, if it was cancelled before.</summary>
    private void HoldFound(TaskKey key)
    {
        var isNew = !Machine.Holds(key);
        if (isNew || Machine.Find(key).Status == FutureStatus.Cancelled)
        {
            Machine.AddFound(key);
            Await(key);
        }

        if (isNew)
        {
            Held.Add(key);
        }
    }

    private void Await(TaskKey key)
    {
        if (Machine.TryAddWaiter(key, this) && !_awaited.Add(key))
        {
            throw new SimFailure("I9", $"{key} is awaited once");
        }
    }

    private void TellWaiters()
    {
        Machine.TakeDue(_due);
        foreach (var (waiter, key, status) in _due)
        {
            waiter.Ended(key, status);
            World.Tracer.Add("future ends", key, (long)status);
        }

        _due.Clear();
    }
}
