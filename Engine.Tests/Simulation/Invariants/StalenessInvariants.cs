using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.Simulation.Components;

namespace Engine.Tests.Simulation.Invariants;

/// <summary>
/// What is too late changes nothing: I7. Which messages are too late is known from what was sent: the scheduler must then know afterwards what
/// it knew before, the worker hold what it held, the nanny intend what it intended.
/// </summary>
internal sealed class StalenessInvariants(World world)
{
    private readonly Dictionary<TaskKey, (WorkerId Worker, int Attempt)> _attempts = [];
    private readonly Dictionary<(WorkerId Worker, TaskKey Key), long> _copies = [];
    private readonly List<TaskKey> _newer = [];
    private int? _before;

    /// <summary>The scheduler sends tasks and asks for copies: what answers an older order is too late.</summary>
    public void Sent(WorkerState worker, Message message)
    {
        switch (message)
        {
            case ComputeBatch batch:
                foreach (ref readonly var compute in batch.Span)
                {
                    for (var i = 0; i < compute.Count; i++)
                    {
                        Note(worker, TaskKey.FromValue(compute.Key.Value + (ulong)i), compute.Attempt);
                    }
                }

                break;
            case AcquireReplicas batch:
                foreach (ref readonly var copy in batch.Span)
                {
                    _copies[(worker.Id, copy.Key)] = copy.Number;
                }

                break;
        }
    }

    public void BeforeWorkersMessage(WorkerState worker, Message message) =>
        _before = !worker.IsMember || IsLate(worker, message) ? world.Scheduler.Machine.Fingerprint() : null;

    public void AfterWorkersMessage(WorkerState worker, Message message) => Watch.Require(
        "I7",
        _before is null || _before == world.Scheduler.Machine.Fingerprint(),
        $"a {message.GetType().Name} of {worker.Id}, which is {(worker.IsMember ? "about what it had before" : "no member any more")}, changes nothing");

    /// <summary>A worker is about to be told to give up values: of a newer attempt it keeps them.</summary>
    public void BeforeFree(SimWorker worker, FreeKeys free)
    {
        _newer.Clear();
        foreach (ref readonly var freed in free.Span)
        {
            if (worker.AttemptOf(freed.Key) > freed.Attempt && worker.Holds(freed.Key))
            {
                _newer.Add(freed.Key);
            }
        }

        foreach (ref readonly var freed in free.Span)
        {
            if (worker.AttemptOf(freed.Key) <= freed.Attempt)
            {
                _newer.Remove(freed.Key); // The newer one is freed too.
            }
        }
    }

    public void AfterFree(SimWorker worker)
    {
        foreach (var key in _newer)
        {
            Watch.Require("I7", worker.Holds(key), $"{worker.Name} keeps {key}, which a newer attempt made than the one that is freed");
        }
    }

    /// <summary>A nanny was told something of a worker that is not its own.</summary>
    public static void ToldOfAnother(SimNanny nanny, Status before) =>
        Watch.Require("I7", nanny.Machine.Status == before, $"what {nanny.Name} is told of an older worker changes nothing; it was {before} and is {nanny.Machine.Status}");

    /// <summary>Batches of a turn go out by worker, so an older attempt may come behind a newer one.</summary>
    private void Note(WorkerState worker, TaskKey key, int attempt)
    {
        if (!_attempts.TryGetValue(key, out var newest) || attempt > newest.Attempt)
        {
            _attempts[key] = (worker.Id, attempt);
        }
    }

    private bool IsLate(WorkerState worker, Message message) => message switch
    {
        TaskErred erred => IsLate(worker, erred.Key, erred.Attempt),
        TaskRescheduled rescheduled => IsLate(worker, rescheduled.Key, rescheduled.Attempt),
        TaskLongRunning longRunning => IsLate(worker, longRunning.Key, longRunning.Attempt),
        FinishedBatch batch => AreLate(worker, batch),
        ReplicasAdded added => AreLate(worker, added),
        _ => false,
    };

    /// <summary>Whether a task has been sent anew since. What was decided and not sent yet is not known here.</summary>
    private bool IsLate(WorkerState worker, TaskKey key, int attempt) => _attempts.TryGetValue(key, out var sent) && sent != (worker.Id, attempt);

    private bool AreLate(WorkerState worker, FinishedBatch batch)
    {
        foreach (ref readonly var finished in batch.Span)
        {
            for (var i = 0; i < finished.Count; i++)
            {
                if (!IsLate(worker, TaskKey.FromValue(finished.Key.Value + (ulong)i), finished.Attempt))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private bool AreLate(WorkerState worker, ReplicasAdded added)
    {
        foreach (ref readonly var copy in added.Span)
        {
            if (copy.Number == 0 || !_copies.TryGetValue((worker.Id, copy.Key), out var sent) || copy.Number >= sent)
            {
                return false;
            }
        }

        return true;
    }
}
