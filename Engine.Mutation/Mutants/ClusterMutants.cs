namespace Engine.Mutation.Mutants;

/// <summary>What clusters and adaptive scaling make of hosts.</summary>
internal static class ClusterMutants
{
    private const string Members = "Engine/Clusters/Machine/SpecClusterStateMachine.Members.cs";
    private const string Hosts = "Engine/Clusters/Machine/SpecClusterStateMachine.Hosts.cs";
    private const string Scale = "Engine/Clusters/Machine/SpecClusterStateMachine.Scale.cs";
    private const string Adaptive = "Engine/Clusters/Machine/AdaptiveStateMachine.cs";

    public static readonly DomainMutant[] All =
    [
        new("a refusal is ignored by a scale-down", "I8 R3", new Edit(Members, "                Keep(worker, row);\n", "                LetGo(worker, row);\n")),
        new("a worker without a row is ended", "I8 R1", new Edit(Members, "                Keep(worker, new RetirementRow(", "                LetGo(worker, new RetirementRow(")),
        new("a refused worker is no longer part of the plan", "I8", new Edit(Members, "        sink.WorkerRefused(worker.Name, row);\n        Want(worker);\n", "        sink.WorkerRefused(worker.Name, row);\n")),
        new("a refusal is not told to adaptive scaling", "R3", new Edit(Members, "        sink.WorkerRefused(worker.Name, row);\n", string.Empty)),
        new("a host whose worker is back is ended without a retirement", "I8", new Edit(Hosts, "            if (!RetireBeforeNextStop(worker))\n", "            if (worker.StopCount > 0)\n")),
        new("a host whose nanny brought its worker back is ended for the old one", "I2", new Edit(Members, "        if (worker.IsMember && worker.Id != row.Id)\n", "        if (worker.IsMember && worker.Id == default)\n")),
        new("a worker of somebody else is taken for the cluster's", "R1", new Edit(Members, "        if (!_byName.TryGetValue(member.Name, out var worker))\n        {\n            return;", "        if (!_byName.TryGetValue(member.Name, out var worker) && (worker = _workers.Values.FirstOrDefault()) is null)\n        {\n            return;")),
        new("a host that ended by itself is not replaced", "5", new Edit(Hosts, "        Replace(worker);\n        Stop(worker, RowOf(worker, detail));", "        Stop(worker, RowOf(worker, detail));")),
        new("a host that can't be ended is tried for ever", "I6", new Edit(Hosts, "worker.StopCount < StopTries && ", string.Empty)),
        new("a host that can't be ended is given up at once", "5", new Edit(Hosts, "worker.StopCount < StopTries && !_isSchedulerClosed", "worker.StopCount < 1")),
        new("a failed start is tried again without a pause", "5", new Edit(Hosts, "            SetDeadline(worker, now + Pause(worker.Failures));\n            return;", "            SetDeadline(worker, now);\n            return;")),
        new("a host that comes up after it was given up stays", "5", new Edit(Hosts, "            Replace(worker);\n", string.Empty)),
        new("the choice of an older call counts", "I7", new Edit(Scale, "        if (choice != _choice)\n", "        if (choice < 0)\n")),
        new("an older call is never answered", "I6", new Edit(Scale, "        EndScale(ScaleOutcome.Superseded, \"A later call changed the size of the cluster.\");\n", "        _scale = null;\n")),
        new("more workers go than should", "5.2", new Edit(Scale, "foreach (var worker in ours.Take(excess))", "foreach (var worker in ours)")),
        new("a call is reported as reached although workers were refused", "I8", new Edit(Scale, "scale.IsRefused ? ScaleOutcome.Refused : ScaleOutcome.Reached", "ScaleOutcome.Reached")),
        new("adaptive scaling asks at once again for one that was refused", "R3", new Edit(Adaptive, "=> _refusedUntil[name] = now + s_refusedPause;", "=> _refusedUntil[name] = now;")),
        new("adaptive scaling acts on a passing lull", "5", new Edit(Adaptive, "if (counts[key] >= Options.WaitCount)", "if (counts[key] >= 0)")),
        new("adaptive scaling ends a group whose member can't go", "5.2", new Edit(Adaptive, "            if (names.Count < group.Count())\n", "            if (names.Count < 0)\n")),
        new("adaptive scaling goes below the minimum", "5", new Edit(Adaptive, "Math.Clamp(target, Options.Minimum, ", "Math.Clamp(target, 0, ")),
        new("adaptive scaling goes beyond the maximum", "5", new Edit(Adaptive, "Math.Min(Options.Maximum, ClusterSize.MaxWorkers))", "ClusterSize.MaxWorkers)")),
        new("adaptive scaling takes more than it should", "5.2", new Edit(Adaptive, "            if (names.Count > left)\n", "            if (names.Count > left + 100)\n")),
    ];
}
