using Engine.Plugins;
using Engine.Tests.Simulation.Components;

namespace Engine.Tests.Simulation.Invariants;

/// <summary>Who comes and who goes: I1, I4, I8.</summary>
internal sealed class MembershipInvariants(World world)
{
    private readonly HashSet<WorkerId> _present = [];
    private readonly HashSet<WorkerId> _past = [];
    private readonly HashSet<NannyId> _barred = [];

    public void Happened(object happened)
    {
        switch (happened)
        {
            case WorkerAdded added:
                Joined(added.Worker);
                break;
            case WorkerRemoved removed:
                Left(removed);
                break;
        }
    }

    /// <summary>I1: a nanny whose worker was answered missing starts no successor.</summary>
    public void Starts(SimNanny nanny)
    {
        foreach (var worker in world.Workers)
        {
            Watch.Require("I1", worker.Nanny != nanny || !worker.WasMissing, $"{nanny.Name} starts no successor of {worker.Name}, which was answered missing");
        }
    }

    /// <summary>I8: nobody ends the host of a worker that was refused.</summary>
    public void EndsHost(string name, RetirementRow row) =>
        Watch.Require("I8", row.Outcome != RetirementOutcome.Refused, $"the host of {name} is not ended: its worker was refused ({row})");

    /// <summary>I8: a worker that was refused is a member as before.</summary>
    public void Reported(RetirementReport report)
    {
        foreach (var row in report.Rows)
        {
            if (row.Outcome == RetirementOutcome.Refused && world.Scheduler.Machine.Workers.FirstOrDefault(worker => worker.Id == row.Id) is { } worker)
            {
                Watch.Require(
                    "I8",
                    worker.Retirement is not null || worker.Status is Status.Running or Status.Paused || worker.Cut is not null,
                    $"{worker} was refused and runs, but it is {worker.Status}");
            }
        }
    }

    /// <summary>I4: those of whom it was told that they joined, and not that they left, are the members.</summary>
    public void AfterSchedulersTurn()
    {
        var count = 0;
        foreach (var worker in world.Scheduler.Machine.Workers)
        {
            count++;
            Watch.Require("I4", _present.Contains(worker.Id), $"{worker.Id} is a member, so its joining was told");
        }

        Watch.Require("I4", count == _present.Count, $"{_present.Count} joined and have not left, and {count} are members");
    }

    private void Joined(WorkerInfo worker)
    {
        Watch.Require("I4", _present.Add(worker.Id) && !_past.Contains(worker.Id), $"{worker.Id} is told once to have joined");
        Watch.Require(
            "I1",
            worker.Nanny is not { } nanny || !_barred.Contains(nanny) || world.Scheduler.Machine.FindRefusal(nanny, null, world.Now) is null,
            $"{worker.Id} has a nanny whose worker was retired, so it is not let in");
    }

    private void Left(WorkerRemoved removed)
    {
        var id = removed.Worker.Id;
        Watch.Require("I4", _present.Remove(id) && _past.Add(id), $"{id} is told once to have left, after it joined");
        Watch.Require("I4", world.Scheduler.Machine.Workers.All(worker => worker.Id != id), $"{id} is told to have left when it has");
        if (removed is { Reason: CloseReason.Retired or CloseReason.LifetimeOver, Worker.Nanny: { } retired })
        {
            _barred.Add(retired);
        }
    }
}
