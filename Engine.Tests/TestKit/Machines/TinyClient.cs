using Engine.Clients.Machine;
using Engine.Collections;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.Machine;

namespace Engine.Tests.TestKit.Machines;

/// <summary>A client of a tiny cluster: its machine and its ends of queues. Waits for each of its futures.</summary>
internal sealed class TinyClient(TinyCluster cluster) : IFutureWaiter
{
    private readonly List<(IFutureWaiter Waiter, TaskKey Key, FutureStatus Status)> _due = [];
    private readonly HashSet<TaskKey> _awaited = [];
    private long _sequence;

    public ClientStateMachine Machine { get; } = new();

    public ClientState State { get; set; } = null!;

    public Queue<Message> FromScheduler { get; } = new();

    public Queue<Message> ToScheduler { get; } = new();

    /// <summary>Keys that it holds futures of, in the order in which it got them.</summary>
    public List<TaskKey> Held { get; } = [];

    /// <summary>
    /// Numbers of open questions whose answers are keys. Meanwhile nothing is released: a key given up before the answer
    /// says that it is held would be given up at the scheduler afterwards.
    /// </summary>
    public HashSet<long> Questions { get; } = [];

    public TaskKey NextKey() => new(State.Id, _sequence++);

    /// <summary>The first key of a page of its own.</summary>
    public TaskKey NextPage(int count)
    {
        const int pageMask = KeyTable<SchedulerTask>.PageSize - 1;
        _sequence = (_sequence + pageMask) & ~pageMask;
        var first = new TaskKey(State.Id, _sequence);
        _sequence += count;
        return first;
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
                ToScheduler.Enqueue(batch);
                batch = BatchPool<ReleaseKeys>.Get();
            }

            while (Machine.Holds(key) && !Machine.Release(key))
            {
                Machine.ReleaseFound(key);
            }

            Held.Remove(key);
            batch.Add(new KeyRange { First = key, Count = 1 });
        }

        ToScheduler.Enqueue(batch);
        TellWaiters();
    }

    public void Receive()
    {
        var message = FromScheduler.Dequeue();
        switch (message)
        {
            case KeyNotices notices:
                Machine.Apply(notices);
                TellWaiters();
                break;
            case Reply reply when Questions.Remove(reply.RequestId):
                foreach (var key in reply.Value is TakenKeys taken ? taken.Keys : [])
                {
                    HoldFound(key);
                }

                break;
        }

        MessagePools.Return(message);
        Machine.Validate();
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

    void IFutureWaiter.Ended(TaskKey key, FutureStatus status)
    {
        if (!_awaited.Remove(key))
        {
            throw new InvariantViolationException($"{key} ends once, but it was {status} as well (I9)");
        }

        if (status == FutureStatus.Pending)
        {
            throw new InvariantViolationException($"a future that has ended isn't pending, but {key} is");
        }
    }

    private void Await(TaskKey key)
    {
        if (Machine.TryAddWaiter(key, this) && !_awaited.Add(key))
        {
            throw new InvariantViolationException($"{key} is awaited once");
        }
    }

    private void TellWaiters()
    {
        Machine.TakeDue(_due);
        foreach (var (waiter, key, status) in _due)
        {
            waiter.Ended(key, status);
            cluster.Trace($"{status}", key);
        }

        _due.Clear();
    }
}
