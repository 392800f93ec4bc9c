using Engine.Protocol;
using Engine.Tests.Simulation.Chance;
using Engine.Tests.Simulation.Components;
using Engine.Tests.Simulation.Invariants;
using Engine.Tests.Simulation.Plans;

namespace Engine.Tests.Simulation;

/// <summary>Nothing goes wrong any more: within a bound everything that is wanted ends (I6, I9), and when nothing is wanted, nothing is left.</summary>
internal sealed partial class World
{
    private const int StepsMax = 60_000;
    private static readonly TimeSpan s_calm = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_calmWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_restWithin = TimeSpan.FromSeconds(60);

    /// <summary>Whether nothing goes wrong any more.</summary>
    public bool IsCalm { get; private set; }

    private void End()
    {
        Agenda.After(s_calm, CalmDown, group: 0);
        for (var until = Now + s_calmWithin; !IsCalm || (Agenda.PendingCount > 0 && Now < until);)
        {
            Step(); // What is on its way may close workers yet.
        }

        AddSpares();
        Rest();
        foreach (var client in Clients)
        {
            CheckEnds(client);
        }

        CheckPlaces();
        _workload.GiveUp(Chooser.At(Choice.Plan, 0xE0));
        Rest();
        Clients.ForEach(static client => client.Leave());
        Cluster?.Close();
        Rest();
        CheckPlaces();
        CheckNothingIsLeft();
    }

    private void CalmDown()
    {
        IsCalm = true;
        _faults.Heal();
    }

    /// <summary>Sees to it that each task has a worker that may run it.</summary>
    private void AddSpares()
    {
        var dice = Chooser.At(Choice.Outcome, 0xE1);
        for (var number = 0; number < Settings.WorkerNames; number++)
        {
            var settings = Settings.NextWorker(dice) with { Resources = new Dictionary<string, double> { ["gpu"] = 2 }, MemoryLimit = null };
            var process = new SimProcess(this, null, 0, static (_, _, _) => { });
            process.Start(new SimWorker(this, SplitMix.Mix(0xE2, (ulong)number), $"w{number}", FreeAddress(dice), settings, process));
        }
    }

    /// <summary>Lets time pass until nothing is left to be done.</summary>
    private void Rest()
    {
        var (steps, until) = (StepCount + StepsMax, Now + s_restWithin);
        while (!IsAtRest())
        {
            Step();
            if (StepCount > steps || Now > until)
            {
                throw new SimFailure("I6", $"all comes to rest, but after {Now} {DescribeUnrest()}");
            }
        }
    }

    private bool IsAtRest() => Agenda.PendingCount == 0 && FindUnrest() is null;

    private string DescribeUnrest() => FindUnrest() ?? $"{Agenda.PendingCount} things go on and on";

    private string? FindUnrest()
    {
        foreach (var client in Clients)
        {
            if (client.OpenCount > 0)
            {
                return $"{client.OpenCount} questions of {client.Name} have no answer";
            }

            if (client.Machine.PendingCount > 0 && client.IsAlive)
            {
                var key = client.Held.Find(key => client.Machine.Find(key).Status == FutureStatus.Pending);
                var stories = Nodes[key].Inputs.Select(static input => input.Key).Prepend(key).Select(Scheduler.Machine.StoryText);
                return $"{Nodes[key]} of {client.Name} has not ended. At the scheduler, with its inputs:\n{string.Join('\n', stories)}";
            }
        }

        return FindUnrestOfWorkers()
            ?? (Askers.Find(static asker => asker.OpenCount > 0) is { } asker ? $"a question of {asker.Name} has no answer" : null)
            ?? (Cluster is { IsAtRest: false } cluster ? $"the cluster has not the size that it should have: {cluster.Describe()}" : null);
    }

    private string? FindUnrestOfWorkers()
    {
        foreach (var worker in Scheduler.Machine.Workers)
        {
            if (worker.Retirement is { } retirement)
            {
                return $"the retirement of {worker} goes on, {(retirement.IsAcknowledged ? string.Empty : "not ")}acknowledged, {worker.Processing.Count} running, "
                    + $"{retirement.ToMove.Count} to move, {retirement.Moving.Count} moving, {retirement.Stuck.Count} stuck, {retirement.WorkLeft} of plugins";
            }

            if (worker.Cut is not null)
            {
                return $"what became of {worker} is not known";
            }

            if (worker.Processing.Count > 0)
            {
                return $"{worker} has {worker.Processing.Count} tasks to run, and is {worker.Status}";
            }
        }

        foreach (var worker in Workers)
        {
            if (worker.IsAlive && (worker.IsClosing || worker.Record is not { IsMember: true }))
            {
                return $"{worker.Name} ({worker.Id}) {(worker.IsClosing ? "closes" : "lives and is no member")}";
            }
        }

        return Nannies.Find(static nanny => nanny.IsAlive && nanny.Machine.Worker != (nanny.Worker is { Record.IsMember: true } worker ? worker.Id : new WorkerId(-1))) is { } nanny
            ? $"{nanny.Name} is {nanny.Machine.Status}, and its worker is {nanny.Worker?.Name ?? "none"}"
            : null;
    }

    private void CheckEnds(SimClient client)
    {
        foreach (var key in client.Held)
        {
            var node = Nodes[key];
            var future = client.Machine.Find(key);
            switch (future.Status)
            {
                case FutureStatus.Finished:
                    var value = future.HasValue ? SimWork.ValueOf(future.Value) : Read(node);
                    Watch.Require("I2", value == node.Value, $"{node} is {node.Value}, not {value}");
                    break;
                case FutureStatus.Error or FutureStatus.Lost:
                    var error = (TaskError)future.Detail!;
                    Watch.Require("I9", Watch.IsExplained(new SimNodeEnd(node, error)), $"something explains that {node} failed with {error.Kind}: {error}");
                    break;
                case FutureStatus.Cancelled:
                    Watch.Require("I9", Watch.WasCancelled(node), $"{node} was cancelled by somebody");
                    break;
                default:
                    throw new SimFailure("I9", $"every future ends, but {node} is {future.Status}");
            }
        }
    }

    /// <summary>Reads a value from a worker that holds it.</summary>
    private long Read(SimNode node)
    {
        var holder = Workers.Find(worker => worker.Holds(node.Key)) ?? throw new SimFailure("I2", $"some worker holds the value of {node}, but none does");
        var reader = new DirectReader();
        if (holder.Machine!.Serve(new GetData(0, holder.Id, [node.Key]), reader) is { } reply)
        {
            reader.TrySend(reply);
        }

        holder.FinishReads();
        return reader.Reply is { } answer && answer.Entries[0] is { Found: true, Value: var value }
            ? SimWork.ValueOf(value)
            : throw new SimFailure("I2", $"{holder.Name} gives the value of {node} that it holds");
    }

    /// <summary>What the scheduler believes of where values lie is true, and workers hold nothing else.</summary>
    private void CheckPlaces()
    {
        foreach (var worker in Workers)
        {
            if (!worker.IsAlive || worker.Record is not { IsMember: true } record || worker.Machine is not { } machine)
            {
                continue;
            }

            Watch.Require("rest", worker.Executor.Count == 0 && machine.ExecutingCount == 0, $"{worker.Name} runs nothing");
            Watch.Require("rest", machine.TransferCount == 0 && (machine.ReadyCount == 0 || machine.Status != Status.Running), $"{worker.Name} has {machine.TransferCount} transfers and {machine.ReadyCount} tasks to start");
            Watch.Require("rest", record.Processing.Count == 0, $"nothing is assigned to {worker.Name}");
            Watch.Require(
                "rest",
                record.Held.Count + record.Replicas.Count == machine.HeldCount,
                $"{worker.Name} holds {machine.HeldCount} values, of which the scheduler knows {record.Held.Count + record.Replicas.Count}");
        }
    }

    private void CheckNothingIsLeft()
    {
        var machine = Scheduler.Machine;
        Watch.Require("rest", machine is { TaskCount: 0, QueuedCount: 0 }, $"the scheduler has forgotten all, but has {machine.TaskCount} tasks");
        foreach (var worker in Workers.Where(static worker => worker.IsAlive && worker.Record is { IsMember: true }))
        {
            Watch.Require("rest", worker.Machine is { HeldCount: 0, RowCount: 0, ManagedBytes: 0, SpilledBytes: 0 }, $"{worker.Name} has forgotten all, but has {worker.Machine!.RowCount} keys");
            Watch.Require("rest", worker.Store.Count == 0, $"the store of {worker.Name} is empty, but has {worker.Store.Count} values");
            Watch.Require("rest", worker.Record is { NBytes: 0, Occupancy: 0, StealsUnderWay: 0 }, $"{worker.Name} counts nothing");
        }

        if (Cluster is { } cluster)
        {
            Watch.Require("I6", cluster.IsClosed && !cluster.Hosts.Any(static host => host.IsUp), $"the cluster has closed, with all its hosts");
        }
    }
}
