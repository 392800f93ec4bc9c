using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.Simulation.Components;
using Engine.Workers.Machine;

namespace Engine.Tests.Simulation.Invariants;

/// <summary>What is sent to whom, and how much of it: I5, I12.</summary>
internal sealed class SendingInvariants(World world)
{
    private const int UnderwayMax = 5_000;
    private const int MailboxMax = 5_000;
    private readonly HashSet<WorkerId> _ran = [];

    /// <summary>I5: tasks and copies go to workers that ran when it was decided: at some time since the turn began.</summary>
    public void Sent(WorkerState worker, Message message)
    {
        if (message is ComputeBatch or AcquireReplicas)
        {
            Watch.Require("I5", worker.TakesWork || _ran.Contains(worker.Id), $"{worker} runs, or it isn't sent a {message.GetType().Name}; it is {worker.Status}");
        }
    }

    public void AfterSchedulersTurn()
    {
        _ran.Clear();
        Handled();
        var settings = world.Settings.Scheduler;
        Watch.Require("I12", world.Scheduler.Machine.DepartureCount <= settings.LedgerLength, $"the ledger remembers {settings.LedgerLength} departures, not {world.Scheduler.Machine.DepartureCount}");
        Watch.Require("I12", world.Scheduler.Machine.LongestTopic <= settings.EventLogLength, $"{settings.EventLogLength} events of a topic are kept, not {world.Scheduler.Machine.LongestTopic}");
        RequireNoPile(world.Scheduler);
    }

    /// <summary>Who runs now may have been given something by what comes next, or by what was just handled.</summary>
    public void Handled()
    {
        foreach (var worker in world.Scheduler.Machine.Workers)
        {
            if (worker.TakesWork)
            {
                _ran.Add(worker.Id);
            }
        }
    }

    /// <summary>I12: no worker runs more than it has slots for, and nothing piles up.</summary>
    public void AfterWorkersTurn(SimWorker worker)
    {
        Watch.Require("I12", worker.Executor.RunningCount <= worker.Settings.Slots, $"{worker.Name} runs {worker.Executor.RunningCount} tasks in {worker.Settings.Slots} slots");
        RequireNoPile(worker);
    }

    /// <summary>I5: a worker that leaves starts nothing; one that pauses at most what its inputs were read for.</summary>
    public static void Executes(SimWorker worker, ExecutionRun run)
    {
        Watch.Require("I5", !worker.Machine!.IsLeaving, $"{worker.Name} leaves, so it starts nothing");
        for (var i = 0; i < run.Count && worker.Machine.Status != Status.Running; i++)
        {
            Watch.Require("I5", run.Entries[i].InputCount > 0, $"{worker.Name} is {worker.Machine.Status}, so it doesn't start {run.Entries[i].Task.Key}");
        }
    }

    private static void RequireNoPile(SimComponent component)
    {
        Watch.Require("I12", component.MailboxCount < MailboxMax, $"{component.MailboxCount} messages don't wait in the mailbox of {component.Name}");
        foreach (var link in component.Links)
        {
            Watch.Require("I12", link.UnderwayCount < UnderwayMax, $"{link.UnderwayCount} messages are not on their way to {component.Name} at a time");
        }
    }
}
