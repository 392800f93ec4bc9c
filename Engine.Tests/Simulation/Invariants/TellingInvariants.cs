using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.Machine;

namespace Engine.Tests.Simulation.Invariants;

/// <summary>Who is told of a departure, and what: its nanny first, its peers, itself, those who asked for it (I1, I8). In the turn in which it is decided.</summary>
internal sealed class TellingInvariants(World world)
{
    private readonly Dictionary<WorkerId, List<RetirementTerms>> _terms = [];
    private readonly HashSet<(WorkerId Worker, NannyIntent Intent)> _told = [];
    private readonly HashSet<NannyId> _nannies = [];
    private readonly HashSet<NannyId> _newNannies = [];
    private readonly HashSet<(WorkerId To, WorkerId Departed)> _departures = [];
    private readonly HashSet<WorkerId> _ended = [];
    private readonly List<WorkerRemoved> _removed = [];
    private readonly List<RetirementRow> _rows = [];

    public void Retires(WorkerId worker, RetirementTerms terms)
    {
        if (!_terms.TryGetValue(worker, out var all))
        {
            _terms.Add(worker, all = []);
        }

        all.Add(terms);
    }

    /// <summary>Whether a worker has ended while it was being retired, and somebody who asked for that wants no successor.</summary>
    public bool DiesOnItsWayOut(WorkerRemoved removed) =>
        removed.Worker.Status == Status.ClosingGracefully
        && removed.Reason is not (CloseReason.Restart or CloseReason.LifetimeRestart)
        && _terms.TryGetValue(removed.Worker.Id, out var terms) && terms.Exists(static terms => terms.Reason != CloseReason.LifetimeRestart);

    public void NannyCame(NannyId nanny)
    {
        _nannies.Add(nanny);
        _newNannies.Add(nanny);
    }

    public void NannyLeft(NannyId nanny) => _nannies.Remove(nanny);

    public void Told(Message message)
    {
        if (message is TellNanny told)
        {
            _told.Add((told.Worker, told.Intent));
        }
    }

    public void Sent(WorkerState worker, Message message)
    {
        switch (message)
        {
            case CloseAdmission when worker.Retirement is { } retirement && HasNanny(worker.Nanny):
                var intent = retirement.Terms.Reason == CloseReason.LifetimeRestart ? NannyIntent.Run : NannyIntent.Retire;
                Watch.Require("I1", _told.Contains((worker.Id, intent)), $"the nanny of {worker} is told of its retirement before it is");
                break;
            case OpenAdmission when HasNanny(worker.Nanny):
                Watch.Require("I8", _told.Contains((worker.Id, NannyIntent.Run)), $"the nanny of {worker} is told that it stays");
                break;
            case WorkersDeparted departed:
                _departures.UnionWith(departed.Workers.Select(gone => (worker.Id, gone)));
                break;
            case CloseWorker:
                _ended.Add(worker.Id);
                break;
        }
    }

    public void Happened(object happened)
    {
        if (happened is WorkerRemoved removed)
        {
            _removed.Add(removed);
        }
        else if (happened is RetirementEnded ended)
        {
            _rows.Add(ended.Row);
        }
    }

    public void AfterSchedulersTurn()
    {
        foreach (var removed in _removed)
        {
            RequireTold(removed);
        }

        foreach (var row in _rows)
        {
            RequireTrue(row);
            if (!world.Scheduler.Machine.Workers.Any(worker => worker.Id == row.Id && worker.Retirement is not null)) // Or it was vetoed, and begins nevertheless.
            {
                _terms.Remove(row.Id);
            }
        }

        _told.Clear();
        _newNannies.Clear();
        _departures.Clear();
        _ended.Clear();
        _removed.Clear();
        _rows.Clear();
    }

    private void RequireTold(WorkerRemoved removed)
    {
        var id = removed.Worker.Id;
        foreach (var worker in world.Scheduler.Machine.Workers)
        {
            Watch.Require("I1", !worker.Stays || _departures.Contains((worker.Id, id)), $"{worker} is told that {id} has gone");
        }

        if (HasNanny(removed.Worker.Nanny) && removed.Reason == CloseReason.Expired)
        {
            Watch.Require("I1", _told.Contains((id, NannyIntent.Restart)) || _told.Contains((id, NannyIntent.Close)), $"the nanny of {id}, which was silent, is told to end it");
            Watch.Require("I1", !DiesOnItsWayOut(removed) || !_told.Contains((id, NannyIntent.Restart)), $"{id}, which is being retired, is not replaced");
        }

        if (HasNanny(removed.Worker.Nanny) && removed.Reason == CloseReason.Restart && _ended.Contains(id))
        {
            Watch.Require("I1", _told.Contains((id, NannyIntent.Restart)), $"the nanny of {id} is told to restart it");
        }
    }

    /// <summary>A row says what became of the worker; and it is ended if that was wanted.</summary>
    private void RequireTrue(RetirementRow row)
    {
        var removed = _removed.Find(removed => removed.Worker.Id == row.Id);
        if (row.Outcome == RetirementOutcome.Refused)
        {
            return;
        }

        if (removed is null)
        {
            throw new SimFailure("I8", $"{row} is a row of a worker that has left, but it has not");
        }

        var isRetired = removed.Reason is CloseReason.Retired or CloseReason.LifetimeOver or CloseReason.LifetimeRestart;
        Watch.Require("I8", isRetired == (row.Outcome == RetirementOutcome.Retired), $"the row of {row.Id}, which left by {removed.Reason}, says so: {row}");
        Watch.Require("I8", row.Lost.SequenceEqual(removed.Lost) && row.Recomputed.SequenceEqual(removed.Recomputed), $"the row of {row.Id} names what is lost and what is computed again: {row}");
        if (isRetired && _terms.TryGetValue(row.Id, out var terms))
        {
            Watch.Require("I8", _ended.Contains(row.Id) || !terms.TrueForAll(static terms => terms.CloseWorkers), $"{row.Id} was retired, so it is told to end");
            Watch.Require("I8", !_ended.Contains(row.Id) || terms.Exists(static terms => terms.CloseWorkers), $"{row.Id} was retired, and is left to its owner");
        }
    }

    private bool HasNanny(NannyId? nanny) => nanny is { } id && _nannies.Contains(id) && !_newNannies.Contains(id);
}
