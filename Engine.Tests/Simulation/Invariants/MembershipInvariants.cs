using Engine.Plugins;
using Engine.Protocol;
using Engine.Tests.Simulation.Components;

namespace Engine.Tests.Simulation.Invariants;

/// <summary>Who comes and who goes: I1, I4, I8.</summary>
internal sealed class MembershipInvariants(World world, TellingInvariants telling)
{
    private readonly Dictionary<WorkerId, WorkerInfo> _present = [];
    private readonly HashSet<WorkerId> _past = [];
    private readonly Dictionary<WorkerId, int> _restarted = [];
    private readonly List<Bar> _bars = [];
    private readonly List<(NannyId? Nanny, string? Host, int Departures)> _refused = [];
    private readonly List<ReadmitRequest> _readmitted = [];
    private int _departures;

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

    /// <summary>
    /// I1: a nanny whose worker was answered missing starts no successor. Unless the scheduler had asked it to and has forgotten that since, because its ledger
    /// has room for few; the nanny has not.
    /// </summary>
    public void Starts(SimNanny nanny)
    {
        foreach (var worker in world.Workers)
        {
            Watch.Require("I1", worker.Nanny != nanny || !worker.WasMissing || IsForgottenRestart(worker.Id), $"{nanny.Name} starts no successor of {worker.Name}, which was answered missing");
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
            Watch.Require("I4", _present.ContainsKey(worker.Id), $"{worker.Id} is a member, so its joining was told");
        }

        Watch.Require("I4", count == _present.Count, $"{_present.Count} joined and have not left, and {count} are members");
        foreach (var (nanny, host, departures) in _refused)
        {
            Watch.Require("I1", FindBar(nanny, host, departures) is not null || _readmitted.Count > 0, $"nobody is refused who was not retired, as {nanny} on {host} is");
        }

        _refused.Clear();
        _readmitted.Clear();
    }

    /// <summary>Somebody was not let in because of who left.</summary>
    public void Refused(NannyId? nanny, string? host) => _refused.Add((nanny, host, _departures));

    public void Readmitted(ReadmitRequest request)
    {
        _readmitted.Add(request); // What is told in this turn may have happened before.
        _bars.RemoveAll(bar => (request.Nanny is { } nanny && bar.Nanny == nanny && bar.Host is null) || (request.Host is { } host && bar.Of == host));
    }

    private void Joined(WorkerInfo worker)
    {
        Watch.Require("I4", _present.TryAdd(worker.Id, worker) && !_past.Contains(worker.Id), $"{worker.Id} is told once to have joined");
        Watch.Require(
            "I1",
            FindBar(worker.Nanny, worker.Host, _departures) is not { IsCertain: true } || _readmitted.Count > 0,
            $"{worker.Id} has a nanny ({worker.Nanny}) whose worker was retired, or is on a host that was ({worker.Host}), so it is not let in");
    }

    private void Left(WorkerRemoved removed)
    {
        var id = removed.Worker.Id;
        Watch.Require("I4", _present.Remove(id) && _past.Add(id), $"{id} is told once to have left, after it joined");
        Watch.Require("I4", world.Scheduler.Machine.Workers.All(worker => worker.Id != id), $"{id} is told to have left when it has");
        _departures++;
        if (removed.Reason == CloseReason.Restart)
        {
            _restarted.Add(id, _departures);
        }

        if (removed.Reason is CloseReason.Retired or CloseReason.LifetimeOver or CloseReason.SchedulerRequest || telling.DiesOnItsWayOut(removed))
        {
            var isCertain = _readmitted.Count == 0; // Otherwise it may have been let in again since.
            if (removed.Worker.Nanny is { } nanny)
            {
                _bars.Add(new Bar(nanny, null, removed.Worker.Host, _departures, isCertain));
            }

            if (removed.Worker.Host is { } host && _present.Values.All(worker => worker.Host != host))
            {
                _bars.Add(new Bar(null, host, host, _departures, isCertain));
            }
        }
    }

    private bool IsForgottenRestart(WorkerId worker) => _restarted.TryGetValue(worker, out var departure) && !IsRemembered(departure, _departures);

    private bool IsRemembered(int departure, int departures) => departures - departure < world.Settings.Scheduler.LedgerLength;

    /// <summary>What the ledger has to say: written down once more, with its bound.</summary>
    private Bar? FindBar(NannyId? nanny, string? host, int departures) => _bars.FindLast(bar =>
        IsRemembered(bar.Departure, departures) && ((nanny is not null && bar.Nanny == nanny) || (host is not null && bar.Host == host)));

    /// <summary>Who is not let in.</summary>
    /// <param name="Nanny">A nanny; null: a host is not.</param>
    /// <param name="Host">A host; null: a nanny is not.</param>
    /// <param name="Of">The host that it was on.</param>
    /// <param name="Departure">Which departure it was.</param>
    /// <param name="IsCertain">Whether nobody can have let it in again since.</param>
    private sealed record Bar(NannyId? Nanny, string? Host, string? Of, int Departure, bool IsCertain);
}
