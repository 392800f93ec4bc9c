using Engine.Protocol;

namespace Engine;

/// <content>Workers come and go.</content>
public sealed partial class Client
{
    /// <summary>Retires workers: what they hold is moved, what runs is waited for, then they are taken from the cluster. Nothing is lost or computed again.</summary>
    /// <param name="workers">Which.</param>
    /// <param name="options">How; null for the defaults. Read when the call is made.</param>
    /// <param name="cancellationToken">Gives up waiting; the retirement goes on. The same call again joins it, and later gives what became of it.</param>
    /// <returns>A row for each worker: retired, or refused and why.</returns>
    /// <exception cref="UnknownWorkerException">One that was named is no member; nothing was done.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <remarks>dask: <c>Client.retire_workers</c>, which reports a refusal by leaving the worker out of its answer.</remarks>
    public async Task<RetirementReport> RetireWorkersAsync(
        WorkerSelector workers, RetirementOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(workers);
        return await RetireAsync(workers, RetirementTerms.Of(options), cancellationToken);
    }

    /// <summary>How far the retirements have come that are going on.</summary>
    /// <param name="cancellationToken">Gives the question up.</param>
    /// <returns>One entry for each worker that is leaving.</returns>
    public async Task<IReadOnlyList<RetirementProgress>> GetRetirementsAsync(CancellationToken cancellationToken = default) =>
        await AskAsync<IReadOnlyList<RetirementProgress>>(new RetirementsRequest(), cancellationToken);

    /// <summary>The workers that the cluster can do without. Changes nothing.</summary>
    /// <param name="rule">How they are chosen; null for the defaults.</param>
    /// <param name="cancellationToken">Gives the question up.</param>
    /// <returns>The workers, those that are missed least first.</returns>
    /// <remarks>dask: <c>Scheduler.workers_to_close</c>.</remarks>
    public async Task<IReadOnlyList<WorkerInfo>> GetWorkersToCloseAsync(WorkersToClose? rule = null, CancellationToken cancellationToken = default)
    {
        rule ??= new WorkersToClose();
        rule.Validate();
        return await AskAsync<IReadOnlyList<WorkerInfo>>(new WorkersToCloseRequest(rule), cancellationToken);
    }

    /// <summary>Has workers replaced by fresh ones. What they held is lost or computed again; retire them to keep it.</summary>
    /// <param name="workers">Which; each needs a nanny.</param>
    /// <param name="timeout">How long to wait for the successors; null: as long as it takes.</param>
    /// <param name="wait">Whether to wait for them at all.</param>
    /// <param name="cancellationToken">Gives up waiting; the restart goes on.</param>
    /// <returns>A row for each worker.</returns>
    /// <exception cref="UnknownWorkerException">One that was named is no member; nothing was done.</exception>
    /// <exception cref="ArgumentException">One has no nanny that could start it again; nothing was done.</exception>
    /// <remarks>dask: <c>Client.restart_workers</c>.</remarks>
    public async Task<RestartReport> RestartWorkersAsync(
        WorkerSelector workers, TimeSpan? timeout = null, bool wait = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(workers);
        CheckTimeout(timeout);
        return await AskAsync<RestartReport>(new RestartWorkersRequest(await ResolveAsync(workers, cancellationToken), timeout, wait), cancellationToken);
    }

    /// <summary>Starts afresh: all tasks of all clients are forgotten, their futures cancelled, and all workers replaced.</summary>
    /// <param name="timeout">How long to wait for the successors; null: as long as it takes.</param>
    /// <param name="wait">Whether to wait for them at all.</param>
    /// <param name="cancellationToken">Gives up waiting; the restart goes on.</param>
    /// <returns>A row for each worker that there was.</returns>
    /// <exception cref="RestartTimeoutException">The time is over and some have not come back, or have no nanny that could start them. All was forgotten all the same.</exception>
    /// <remarks>dask: <c>Client.restart</c>.</remarks>
    public async Task<RestartReport> RestartAsync(TimeSpan? timeout = null, bool wait = true, CancellationToken cancellationToken = default)
    {
        CheckTimeout(timeout);
        var report = await AskAsync<RestartReport>(new RestartRequest(timeout, wait), cancellationToken);
        if (wait && !report.AllRestarted)
        {
            var late = report.Rows.Where(static row => row.Outcome == RestartOutcome.TimedOut).ToList();
            var alone = report.Rows.Where(static row => row.Outcome == RestartOutcome.NoNanny).ToList();
            throw new RestartTimeoutException(
                $"{late.Count} of {report.Rows.Count} workers had not come back in the time given{Names(late)}, and {alone.Count} have no nanny "
                + $"that could start them{Names(alone)}. All tasks were forgotten.");
        }

        return report;

        static string Names(List<RestartRow> rows) => rows.Count == 0 ? string.Empty : $" ({string.Join(", ", rows.Select(static row => row.Name))})";
    }

    /// <summary>Lets a nanny whose worker was retired in again, and what it starts.</summary>
    /// <param name="nanny">The nanny.</param>
    /// <param name="cancellationToken">Gives the question up.</param>
    /// <returns>Whether it was on the ledger of departures.</returns>
    public async Task<bool> ReadmitAsync(NannyId nanny, CancellationToken cancellationToken = default) =>
        await AskAsync<bool>(new ReadmitRequest(nanny, null), cancellationToken);

    /// <summary>Lets a host whose workers were retired in again, and what is started there.</summary>
    /// <param name="host">The label of the host.</param>
    /// <param name="cancellationToken">Gives the question up.</param>
    /// <returns>Whether it was on the ledger of departures.</returns>
    public async Task<bool> ReadmitAsync(string host, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        return await AskAsync<bool>(new ReadmitRequest(null, host), cancellationToken);
    }

    /// <summary>Retires workers on given terms.</summary>
    internal async Task<RetirementReport> RetireAsync(WorkerSelector workers, RetirementTerms terms, CancellationToken cancellationToken) =>
        await AskAsync<RetirementReport>(new RetireRequest(await ResolveAsync(workers, cancellationToken), terms), cancellationToken);

    /// <summary>A condition is looked up here: it is the caller's code.</summary>
    private async Task<WorkerSelector> ResolveAsync(WorkerSelector workers, CancellationToken cancellationToken)
    {
        if (workers is not ConditionSelector { Condition: var condition })
        {
            return workers;
        }

        var ids = (await GetWorkersAsync(cancellationToken)).Where(condition).Select(static worker => worker.Id).ToList();
        return ids.Count > 0
            ? WorkerSelector.ById(ids)
            : throw new UnknownWorkerException("No worker meets the condition, so nothing was done. GetWorkersAsync gives the workers that there are.");
    }

    private static void CheckTimeout(TimeSpan? timeout)
    {
        if (timeout is { } limit && (limit < TimeSpan.Zero || limit > TimeSpan.FromDays(49)))
        {
            throw new ArgumentOutOfRangeException(nameof(timeout), timeout, "The time must be from 0 to 49 days, or null.");
        }
    }
}
