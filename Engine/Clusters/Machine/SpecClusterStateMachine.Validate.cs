using Engine.Collections;

namespace Engine.Clusters.Machine;

/// <summary>What holds between steps.</summary>
internal sealed partial class SpecClusterStateMachine
{
    /// <summary>Checks everything, for tests; after <see cref="Settle"/>.</summary>
    public void Validate()
    {
        Invariant.Require(_wantedCount == _workers.Values.Count(static worker => worker.IsWanted), "the plan is counted right");
        Invariant.Require(
            _settledCount == _workers.Values.Count(static worker => worker.IsWanted && worker.State == SpecWorkerState.Member), "members of the plan are counted right");
        Invariant.Require(_hangingCount == _workers.Values.Count(static worker => worker.DoesStartHang), "starts that hang are counted right");
        Invariant.Require(_wantedCount == _target || (_wantedCount > _target && _choice != 0), $"the plan is as large as wanted: {_wantedCount}, {_target}");
        Invariant.Require(_byName.Count == _workers.Count, "each worker has a name of its own");
        Invariant.Require(_byId.Count == _workers.Values.Count(static worker => worker.Id != default), "no incarnation is known that is no worker's");
        Invariant.Require(_toRetire.Count == 0, "whoever is to be retired is being retired");
        foreach (var worker in _workers.Values)
        {
            Validate(worker);
        }
    }

    private void Validate(SpecWorker worker)
    {
        Invariant.Require(_byName[worker.Name] == worker, $"{worker} is found by its name");
        Invariant.Require(worker.Id == default || _byId[worker.Id] == worker, $"{worker} is found by its incarnation");
        Invariant.Require((worker.Host is null) == worker.State is SpecWorkerState.Waiting or SpecWorkerState.Starting, $"{worker} has a host if it was started");
        Invariant.Require(worker.State is not SpecWorkerState.Member || worker.IsMember, $"{worker} is a member");
        Invariant.Require(worker.State is not SpecWorkerState.Absent || !worker.IsMember, $"{worker} is no member");
        Invariant.Require(
            worker.State is not SpecWorkerState.Absent || _isClosing || (worker.IsWanted && worker.Deadline is not null), $"{worker} is wanted and given up in time");
        Invariant.Require(
            worker.State is not (SpecWorkerState.Waiting or SpecWorkerState.Member) || worker.IsWanted || _isClosing, $"{worker} is wanted or on its way out");
        Invariant.Require(worker.State is not (SpecWorkerState.Retiring or SpecWorkerState.Stopping) || !worker.IsWanted, $"{worker} is not wanted");
        Invariant.Require(
            worker.State is not SpecWorkerState.Stopping || worker.Row is { Outcome: RetirementOutcome.Retired or RetirementOutcome.Vanished },
            $"{worker} is ended with a row that allows it");
        Invariant.Require(worker.State is not SpecWorkerState.Waiting || worker.Deadline is not null, $"{worker} waits for something");
    }
}
