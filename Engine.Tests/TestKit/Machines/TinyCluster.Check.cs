using Engine.Collections;
using Engine.Protocol;
using static Engine.Collections.Invariant;

namespace Engine.Tests.TestKit.Machines;

/// <summary>What must hold when the cluster has come to rest.</summary>
internal sealed partial class TinyCluster
{
    /// <summary>Sees to it that each task has a worker that may run it.</summary>
    private void Replenish()
    {
        foreach (var worker in Workers.Where(static worker => !worker.IsDead))
        {
            worker.Pause(false); // None stays paused.
        }

        for (var number = 0; number < _plan.WorkerNames; number++)
        {
            var settings = _plan.NextWorker(_random) with { Resources = new Dictionary<string, double> { ["gpu"] = 2 } };
            Join(NewWorker($"w{number}", settings, null, 0));
        }
    }

    /// <summary>Who was retired and left to itself hears of it at its next heartbeat.</summary>
    private void Beat()
    {
        foreach (var worker in Workers.Where(static worker => !worker.IsDead))
        {
            worker.ToScheduler.Enqueue(new Heartbeat(worker.State.Id, false, 0, 0));
        }
    }

    private void CheckEnds()
    {
        CheckPlaces();
        foreach (var nanny in Nannies.Where(static nanny => !nanny.HasEnded))
        {
            Require(
                nanny.Worker is { IsDead: false, State.IsMember: true } worker && nanny.Machine.Worker == worker.State.Id,
                $"the nanny {nanny.Id} has ended, or looks after a member (I1, I6); it is {nanny.Machine.Status} with {nanny.Worker?.State}");
        }
        foreach (var client in Clients)
        {
            foreach (var key in client.Held)
            {
                CheckEnd(client, key);
            }
        }
    }

    private void CheckEnd(TinyClient client, TaskKey key)
    {
        var node = _nodes[key];
        var future = client.Machine.Find(key);
        switch (future.Status)
        {
            case FutureStatus.Finished:
                CheckValue(node, future.HasValue ? TinyWork.ValueOf(future.Value) : Read(node));
                break;
            case FutureStatus.Error or FutureStatus.Lost:
                Require(IsLegitimate(node, (TaskError)future.Detail!), $"{node} may fail with {future.Detail}");
                break;
            case FutureStatus.Cancelled:
                Require(WasCancelled(node), $"{node} was cancelled by somebody");
                break;
            default:
                throw new InvariantViolationException($"every future ends (I9), but {node} is {future.Status}; at the scheduler:\n{StoryOf(client, key)}");
        }
    }

    private static void CheckValue(TinyNode node, long value) =>
        Require(value == node.Value, $"{node} is {node.Value}, not {value}");

    /// <summary>Reads a value from the worker that is said to hold it.</summary>
    private long Read(TinyNode node)
    {
        foreach (var worker in Workers)
        {
            if (worker.IsDead)
            {
                continue;
            }

            var fetch = new TinyFetch(worker.State.Address, 0, [node.Key]);
            worker.Store.ReadFailures = 0;
            worker.Serve(fetch);
            while (!fetch.IsAnswered)
            {
                worker.UseStore(_random);
            }

            if (fetch.Answer![0] is { Found: true, Value: var value })
            {
                return TinyWork.ValueOf(value);
            }
        }

        throw new InvariantViolationException($"some worker holds the value of {node}, but none does");
    }

    private bool WasCancelled(TinyNode node) =>
        node.AnyLine(static line => line.WasCancelled) || (MayBeAlias(node) && _nodes.Values.Any(static other => other.WasCancelled));

    private static bool MayBeAlias(TinyNode node) => node.AnyLine(static line => line.Options is { Name: not null });

    /// <summary>Whether something has happened that explains an error. One whose name is used again may be an alias, and fail as the first.</summary>
    private bool IsLegitimate(TinyNode node, TaskError error) =>
        IsExplained(node, error)
        || (MayBeAlias(node) && _nodes.Values.Any(other => other.Options is { Name: not null } && IsExplained(other, error)));

    private bool IsExplained(TinyNode node, TaskError error) => error.Kind switch
    {
        TaskErrorKind.Failed => node.AnyLine(static line => line.Work.Failures > (line.Options is { Timeout: null, Retries: var retries } ? retries : 0)),
        TaskErrorKind.KilledWorker => _blamedDeaths > _plan.Scheduler.AllowedFailures,
        TaskErrorKind.LostData => node.AnyLine(static line => line.Work.IsScattered) && (_deaths > 0 || _hasGivenUp || _hasRetried || _hasDoubted || _plan.HasBadLinks || _plan.ReadFailures > 0 || node.AnyLine(static line => line.HasForeignInput || line.WasCancelled)),
        TaskErrorKind.TimedOut => node.AnyLine(static line => line.Options is { Timeout: not null }),
        TaskErrorKind.KeyConflict => node.AnyLine(static line => line.Options is { Name: not null }),
        TaskErrorKind.UnknownDependency => node.AnyLine(static line => line.HasForeignInput || line.WasCancelled),
        TaskErrorKind.NoValidWorker => _plan.Scheduler.NoWorkersTimeout is not null && (_plan.HasRestrictions || _plan.RetirePercent > 0 || _deaths > 0),
        _ => false,
    };

    /// <summary>What the scheduler believes of where values lie is true, and workers hold nothing else for long.</summary>
    private void CheckPlaces()
    {
        foreach (var worker in Workers)
        {
            if (worker.IsDead || !worker.State.IsMember)
            {
                continue; // One that was retired and left to itself ends at its next heartbeat.
            }

            Require(!worker.HasExecutions && worker.Machine.ExecutingCount == 0, $"{worker.Name} runs nothing");
            Require(worker.Store.Orders.Count == 0, $"the store of {worker.Name} has nothing to do");
            Require(worker.Machine is { TransferCount: 0, ReadyCount: 0 }, $"{worker.Name} ({worker.State.Status}) has {worker.Machine.TransferCount} transfers and {worker.Machine.ReadyCount} tasks to start{(worker.Machine.IsLeaving ? ", and is leaving" : string.Empty)}");
            Require(worker.State.Processing.Count == 0, $"nothing is assigned to {worker.Name}");
            Require(
                worker.State.Held.Count + worker.State.Replicas.Count == worker.Machine.HeldCount,
                $"{worker.Name} holds {worker.Machine.HeldCount} values, of which the scheduler knows {worker.State.Held.Count + worker.State.Replicas.Count}");
        }
    }

    private void GiveUp()
    {
        foreach (var client in Clients)
        {
            for (var i = 0; i < 3; i++)
            {
                Ask(client, new UnpublishRequest($"set{i}"));
            }

            if (client.Held.Count > 0 && Percent(50))
            {
                client.Release([.. client.Held]);
            }
        }

        Settle();
        foreach (var client in Clients)
        {
            Scheduler.RemoveClient(client.State, _now);
            client.ToScheduler.Clear();
            client.FromScheduler.Clear();
            EndTurn();
        }
    }

    private void CheckEmpty()
    {
        CheckPlaces();
        Require(Scheduler is { TaskCount: 0, QueuedCount: 0 }, $"the scheduler has forgotten all, but has {Scheduler.TaskCount} tasks");
        foreach (var worker in Workers.Where(static worker => !worker.IsDead && worker.State.IsMember))
        {
            Require(worker.Machine is { HeldCount: 0, RowCount: 0 }, $"{worker.Name} has forgotten all, but has {worker.Machine.RowCount} keys");
            Require(worker is { Store.Count: 0, Machine: { ManagedBytes: 0, SpilledBytes: 0 } }, $"{worker.Name} has nothing in memory or in its store");
            Require(worker.State is { NBytes: 0, Occupancy: 0, StealsUnderWay: 0 }, $"{worker.Name} counts nothing");
        }
    }

    private string StoryOf(TinyClient client, TaskKey key)
    {
        var id = Ask(client, new StoryRequest(key));
        while (client.ToScheduler.Count > 0)
        {
            ReceiveFrom(client);
        }

        var reply = client.FromScheduler.OfType<Reply>().Last(reply => reply.RequestId == id);
        return string.Join('\n', (List<StoryLine>)reply.Value!);
    }
}
