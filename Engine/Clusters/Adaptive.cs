using System.Collections.Concurrent;
using Engine.Clusters;
using Engine.Clusters.Machine;
using Engine.Diagnostics;

namespace Engine;

/// <summary>The adaptive scaling of a cluster: looks at the load every so often and changes the size. Ends with the cluster.</summary>
/// <remarks>
/// dask: <c>Adaptive</c>. A round that fails is logged in the topic <c>adaptive</c>, and the next one comes in its time. Workers whose
/// retirement is refused stay.
/// </remarks>
#pragma warning disable CA1001 // The timer is disposed by Stop; the token source has nothing to dispose.
public sealed class Adaptive
#pragma warning restore CA1001
{
    private const string Topic = "adaptive";

    /// <summary>How long the scheduler may take to answer before the round is given up.</summary>
    private static readonly TimeSpan s_answerTimeLimit = TimeSpan.FromSeconds(30);

    private readonly SpecClusterComponent _cluster;
    private readonly IClusterScheduler _scheduler;
    private readonly AdaptiveStateMachine _machine;
    private readonly TimeProvider _time;
    private readonly PeriodicTimer _timer;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _refused = new();
    private AdaptiveOptions _options;

    internal Adaptive(SpecClusterComponent cluster, IClusterScheduler scheduler, AdaptiveOptions options, TimeProvider time, TaskScheduler taskScheduler)
    {
        (_cluster, _scheduler, _options, _time) = (cluster, scheduler, options, time);
        _machine = new AdaptiveStateMachine(options, cluster.ThreadsPerWorker);
        _timer = new PeriodicTimer(options.Interval, time);
        Completion = Task.Factory.StartNew(LoopAsync, CancellationToken.None, TaskCreationOptions.DenyChildAttach, taskScheduler).Unwrap();
    }

    /// <summary>Whether it still adapts the size.</summary>
    public bool IsRunning => !_stop.IsCancellationRequested;

    /// <summary>Ends when the last round has.</summary>
    internal Task Completion { get; }

    /// <summary>Leaves the size as it is from now on. What is under way is finished. Idempotent.</summary>
    public void Stop() => Stop("it was told to");

    internal void Stop(string reason)
    {
        lock (_gate)
        {
            if (!IsRunning)
            {
                return;
            }

            _stop.Cancel();
            _timer.Dispose();
        }

        _scheduler.LogEvent(Topic, $"adaptive scaling stopped: {reason}");
    }

    /// <summary>Goes on with other options. False: it was stopped.</summary>
    internal bool TryChange(AdaptiveOptions options)
    {
        lock (_gate)
        {
            if (IsRunning)
            {
                Volatile.Write(ref _options, options);
                _timer.Period = options.Interval;
            }

            return IsRunning;
        }
    }

    internal void OnRefused(string worker) => _refused.Enqueue(worker);

    private async Task LoopAsync()
    {
        var started = _time.GetTimestamp();
        while (await _timer.WaitForNextTickAsync())
        {
            try
            {
                await RoundAsync(_time.GetElapsedTime(started));
            }
            catch (OperationCanceledException) when (!IsRunning)
            {
            }
#pragma warning disable CA1031 // A round that fails must not stop the next one.
            catch (Exception error)
#pragma warning restore CA1031
            {
                _scheduler.LogEvent(Topic, error);
            }
        }
    }

    private async Task RoundAsync(TimeSpan now)
    {
        var start = _time.GetTimestamp();
        _machine.Options = Volatile.Read(ref _options);
        while (_refused.TryDequeue(out var worker))
        {
            _machine.OnRefused(worker, now);
        }

        var load = await InTimeAsync(_scheduler.GetLoadAsync(_stop.Token));
        var plan = await InTimeAsync(_cluster.GetPlanAsync(_stop.Token));
        var target = _machine.Target(load);
        IReadOnlyList<WorkerInfo> dispensable = [];
        if (target < plan.Count)
        {
            var rule = new WorkersToClose { Minimum = _machine.Options.Minimum, GroupBy = _machine.Options.GroupBy };
            dispensable = await InTimeAsync(_scheduler.ChooseWorkersToCloseAsync(rule, _stop.Token));
        }

        var decision = _machine.Decide(target, plan, dispensable, now);
        if (IsRunning && decision.GrowTo > 0)
        {
            _cluster.Grow(decision.GrowTo);
            EngineActivities.Adapted(_time, _time.GetElapsedTime(start), decision.GrowTo, plan.Count);
        }
        else if (IsRunning && decision.Remove.Count > 0)
        {
            _cluster.Remove(decision.Remove, _machine.Options.Retirement);
            EngineActivities.Adapted(_time, _time.GetElapsedTime(start), plan.Count - decision.Remove.Count, plan.Count);
        }
    }

    private async Task<T> InTimeAsync<T>(Task<T> answer) => await answer.WaitAsync(s_answerTimeLimit, _time, _stop.Token);
}
