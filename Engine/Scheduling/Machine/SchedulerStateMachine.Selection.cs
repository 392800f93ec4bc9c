namespace Engine.Scheduling.Machine;

/// <summary>Whom a selector means, and whom the scheduler can do without. dask: <c>workers_to_close</c>.</summary>
internal sealed partial class SchedulerStateMachine
{
    /// <summary>Workers that may be chosen to shrink by: none that leaves, none with a long-running task. Plugins may take some away.</summary>
    public List<WorkerInfo> ValidForDownscaling() =>
        [.. Workers.Where(static worker => worker.Stays && worker.LongRunningCount == 0).Select(Info)];

    /// <summary>Whom a selector means.</summary>
    /// <param name="selector">The selector.</param>
    /// <param name="valid">Of those that may be chosen to shrink by, those that plugins have left.</param>
    /// <returns>A <see cref="RetirementChoice"/>, or the exception for whoever asked.</returns>
    public object Choose(WorkerSelector selector, IReadOnlyList<WorkerInfo> valid) => selector switch
    {
        IdSelector byId => Collect(byId.Ids.Distinct(), FindOrRemember, static id => $"{id}"),
        NameSelector byName => Collect(byName.Names.Distinct(), name => Matching(worker => worker.Address.Name == name), static name => $"the name \"{name}\""),
        AddressSelector byAddress => Collect(
            byAddress.Addresses.Distinct(), address => Matching(worker => worker.Address.Address == address), static address => $"the address {address}"),
        ToCloseSelector toClose => new RetirementChoice(
            [.. WorkersToClose(toClose.Rule, valid).Select(info => ((WorkerState?)_workersById[info.Id], (RetirementRow?)null))]),
        _ => new ArgumentException($"A {selector.GetType().Name} is looked up by who asks."),
    };

    /// <summary>The workers that can be done without: idle ones first, then those that hold least; whole groups only.</summary>
    public IReadOnlyList<WorkerInfo> WorkersToClose(WorkersToClose rule, IReadOnlyList<WorkerInfo> valid)
    {
        var members = _workersById.Count(static pair => pair.Value.Stays);
        var limits = Workers.Where(static worker => worker.Stays).Sum(static worker => (double)(worker.MemoryLimit ?? 0));
        var held = Workers.Sum(static worker => (double)worker.NBytes);
        var groups = valid
            .GroupBy(info => rule.GroupBy is { } by ? by(info) : info.Id.ToString(), StringComparer.Ordinal)
            .Where(group => rule.GroupBy is null || group.Count() == Workers.Count(worker => rule.GroupBy(Info(worker)) == group.Key))
            .OrderBy(static group => group.Any(static info => info.ProcessingCount > 0))
            .ThenBy(static group => group.Sum(static info => info.HeldBytes))
            .ThenByDescending(static group => group.Max(static info => info.Id));
        var chosen = new List<WorkerInfo>();
        foreach (var group in groups)
        {
            var size = group.Count();
            var groupLimit = group.Sum(static info => (double)(info.MemoryLimit ?? 0));
            if (rule.Count is { } count)
            {
                if (chosen.Count + size > count || members - size < rule.Minimum)
                {
                    continue;
                }
            }
            else if (group.Any(static info => info.ProcessingCount > 0)
                || members - size < rule.Minimum
                || (limits > 0 && limits - groupLimit < rule.MemoryRatio * held))
            {
                break;
            }

            chosen.AddRange(group);
            members -= size;
            limits -= groupLimit;
        }

        return chosen;
    }

    private object Collect<T>(
        IEnumerable<T> wanted, Func<T, List<(WorkerState? Worker, RetirementRow? Row)>> find, Func<T, string> describe)
    {
        var rows = new List<(WorkerState? Worker, RetirementRow? Row)>();
        foreach (var item in wanted)
        {
            var found = find(item);
            if (found.Count == 0)
            {
                return new UnknownWorkerException(
                    $"No worker has {describe(item)}, so nothing was done. Workers: {DescribeWorkers()}. GetWorkersAsync gives their ids.");
            }

            rows.AddRange(found);
        }

        return new RetirementChoice([.. rows.Distinct()]);
    }

    private List<(WorkerState? Worker, RetirementRow? Row)> FindOrRemember(WorkerId id) =>
        FindWorker(id) is { } worker ? [(worker, null)]
        : _ledger.Find(id) is { Row: { } row } ? [(null, row)]
        : [];

    private List<(WorkerState? Worker, RetirementRow? Row)> Matching(Func<WorkerState, bool> condition) =>
        [.. Workers.Where(condition).Select(static worker => ((WorkerState?)worker, (RetirementRow?)null))];
}
