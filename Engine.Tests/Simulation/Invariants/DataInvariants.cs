using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.Simulation.Components;
using Engine.Tests.Simulation.Plans;

namespace Engine.Tests.Simulation.Invariants;

/// <summary>
/// Values are where they have to be: I2, I3, I11. Every value whose only copy may be gone has an excuse: a process that died, a file that
/// could not be read, somebody who gave it up. Without one it has to be there.
/// </summary>
internal sealed class DataInvariants(World world)
{
    private readonly HashSet<WorkerId> _mayInterrupt = [];
    private readonly HashSet<WorkerId> _mayGiveUp = [];
    private readonly HashSet<WorkerId> _retired = [];
    private bool _mayHaveLost;

    public void Retires(WorkerId worker, RetirementTerms terms)
    {
        if (terms.RunningTasks == RunningTasks.Interrupt)
        {
            _mayInterrupt.Add(worker);
        }

        if (terms is { OnDeadline: OnDeadline.GiveUp, Deadline: not null })
        {
            _mayGiveUp.Add(worker);
            _mayInterrupt.Add(worker);
        }
    }

    public void Sent(WorkerState worker, Message message)
    {
        if (message is FreeKeys)
        {
            _mayHaveLost = true;
        }
    }

    /// <summary>A value that can't be got from its holder, again and again, counts as lost in the end.</summary>
    public void BeforeWorkersMessage(WorkerState worker, Message message)
    {
        if (message is InputMissing { IsUnreachable: true } missing)
        {
            Excuse(missing.Input, $"{missing.Holder} could not be reached from {worker}");
        }
    }

    public void Happened(object happened)
    {
        switch (happened)
        {
            case WorkerRemoved removed:
                Left(removed);
                break;
            case Restarted:
                foreach (var node in world.Nodes.Values)
                {
                    node.WasCancelled = true;
                }

                break;
        }
    }

    /// <summary>I3: nothing is interrupted that nobody wanted to be interrupted.</summary>
    public void Reported(RetirementReport report)
    {
        foreach (var row in report.Rows)
        {
            Watch.Require("I3", row.Interrupted.Count == 0 || _mayInterrupt.Contains(row.Id), $"nothing is interrupted before the deadline: {row}");
        }
    }

    public void Ends(SimWorker worker)
    {
        if (worker.Machine is null || _retired.Contains(worker.Id))
        {
            return; // What it had must be elsewhere (I2).
        }

        foreach (var node in world.Nodes.Values)
        {
            if (node.Excuse is null && worker.Machine.Holds(node.Key))
            {
                node.Excuse = $"{worker.Name} ended and held it";
            }
        }
    }

    public void CannotRead(TaskKey key) => Excuse(key, "a store could not read it");

    public void MayHaveLost() => _mayHaveLost = true;

    /// <summary>I2, I11: a value that a client knows to be there is there, or something has happened to it.</summary>
    public void AfterStep()
    {
        if (!_mayHaveLost)
        {
            return;
        }

        _mayHaveLost = false;
        foreach (var client in world.Clients)
        {
            foreach (var key in client.Held)
            {
                if (client.Machine.Find(key) is { Status: FutureStatus.Finished, HasValue: false } && !IsSomewhere(key) && !IsExcused(world.Nodes[key]))
                {
                    throw new SimFailure("I2, I11", $"the value of {world.Nodes[key]} is there, as its client was told, but no worker holds it");
                }
            }
        }
    }

    /// <summary>Whether something may have happened to a value, or to the one of the same name that it stands for.</summary>
    public static bool IsExcused(SimNode node) => node.Excuse is not null || node.WasCancelled || node.Options is { Name: not null };

    private void Left(WorkerRemoved removed)
    {
        var id = removed.Worker.Id;
        if (removed is { IsExpected: true, Reason: CloseReason.SchedulerLost } && world.FindNext(id, isLetIn: true) is { } next)
        {
            var dropped = removed.Lost.Concat(removed.Recomputed).Intersect(next.Offer).ToList();
            Watch.Require("I2", dropped.Count == 0, $"what {id} held and offers as {next.Id} is taken over, but {string.Join(", ", dropped)} are lost");
        }

        if (removed.Reason is not (CloseReason.Retired or CloseReason.LifetimeOver or CloseReason.LifetimeRestart))
        {
            Excuse(removed.Lost, removed.Reason.ToString());
            Excuse(removed.Recomputed, removed.Reason.ToString());
            return;
        }

        if (_mayGiveUp.Contains(id))
        {
            Excuse(removed.Lost, "it was given up");
            Excuse(removed.Recomputed, "it was given up");
            return;
        }

        _retired.Add(id);
        Watch.Require("I2", removed.Lost.Count == 0, $"{id} was retired and lost nothing, but {string.Join(", ", removed.Lost)} are lost");
        Watch.Require(
            "I3", removed.Recomputed.Count + removed.Processing.Count == 0, $"{id} was retired and nothing is computed again, but {string.Join(", ", removed.Recomputed.Concat(removed.Processing))} are");
    }

    private void Excuse(IEnumerable<TaskKey> keys, string excuse)
    {
        foreach (var key in keys)
        {
            Excuse(key, excuse);
        }
    }

    private void Excuse(TaskKey key, string excuse)
    {
        if (world.Nodes.TryGetValue(key, out var node))
        {
            node.Excuse ??= excuse;
        }
    }

    private bool IsSomewhere(TaskKey key)
    {
        foreach (var worker in world.Workers)
        {
            if (worker.Holds(key))
            {
                return true;
            }
        }

        return false;
    }
}
