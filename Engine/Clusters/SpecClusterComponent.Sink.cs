using Engine.Clusters.Machine;
using Engine.Plugins;

namespace Engine.Clusters;

/// <summary>Carries out what the machine has decided: with time limits, on the cluster's task scheduler, each with one event at its end.</summary>
internal sealed partial class SpecClusterComponent : ISpecClusterSink
{
    void ISpecClusterSink.Start(WorkerSpec spec)
    {
        var cancel = new CancellationTokenSource(_options.StartTimeLimit, _time);
        _starts[spec.Name] = cancel;
        Run(() => StartHostAsync(spec, cancel));
    }

    void ISpecClusterSink.CancelStart(string name)
    {
        var cancel = _starts[name];
        Run(() =>
        {
            try
            {
                cancel.Cancel(); // Not within the step: what the provisioner registered runs here.
            }
            catch (Exception error) when (error is AggregateException or ObjectDisposedException)
            {
                // What the provisioner registered threw, or the start has ended meanwhile. It ends in any case.
            }

            return Task.CompletedTask;
        });
    }

    void ISpecClusterSink.Choose(long choice, int count) => Run(async () =>
    {
        try
        {
            var chosen = await _scheduler.ChooseWorkersToCloseAsync(new WorkersToClose { Count = count }, _closing.Token);
            Post((machine, now) => machine.OnChosen(choice, [.. chosen.Select(static worker => worker.Id)], now));
        }
#pragma warning disable CA1031 // Whatever went wrong is the machine's to deal with.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Post((machine, now) => machine.OnChoiceFailed(choice, error, now));
        }
    });

    void ISpecClusterSink.Retire(IReadOnlyList<WorkerId> workers, RetirementOptions? options) => Run(async () =>
    {
        IReadOnlyList<RetirementRow> rows = [];
        Exception? failure = null;
        try
        {
            rows = (await _scheduler.RetireWorkersAsync(WorkerSelector.ById(workers), options, _closing.Token)).Rows;
        }
#pragma warning disable CA1031 // Whatever went wrong is the machine's to deal with.
        catch (Exception error)
#pragma warning restore CA1031
        {
            failure = error;
        }

        Post((machine, now) => machine.OnRetirement(workers, rows, failure, now));
    });

    void ISpecClusterSink.Stop(string name, ProvisionedWorker host, RetirementRow row) => Run(async () =>
    {
        try
        {
            await StopHostAsync(host, row);
            Post((machine, now) => machine.OnStopped(name, now));
        }
#pragma warning disable CA1031 // Whatever went wrong is the machine's to deal with.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Post((machine, now) => machine.OnStopFailed(name, error, now));
        }
    });

    void ISpecClusterSink.WorkerRefused(string name, RetirementRow row)
    {
        LogEvent(row);
        lock (_adaptiveGate)
        {
            _adaptive?.OnRefused(name);
        }
    }

    void ISpecClusterSink.Failed(ClusterError error) => LogEvent(error);

    void ISpecClusterSink.ScaleEnded(long scale, ScaleReport? report)
    {
        if (_scales.Remove(scale, out var ended))
        {
            ended.SetResult(report);
        }
    }

    void ISpecClusterSink.CloseScheduler() => Run(async () =>
    {
        await CloseSchedulerAsync();
        Post(static (machine, now) => machine.OnSchedulerClosed(now));
    });

    void ISpecClusterSink.Closed() => End();

    private void LogEvent(object content) => _scheduler.LogEvent(Topic, content);

    private void Run(Func<Task> work) => _ = Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _taskScheduler).Unwrap();

    private void End()
    {
        try
        {
            _deadline.Dispose();
        }
        finally
        {
            Inbox.Complete(); // Whatever was thrown on the way, it ends (I6).
            _closed.TrySetResult();
        }
    }

    private async Task StartHostAsync(WorkerSpec spec, CancellationTokenSource cancel)
    {
        var name = spec.Name;
        try
        {
            var start = StartAsync(spec, cancel.Token);
            if (!await EndsInTimeAsync(start, cancel.Token))
            {
                Post((machine, now) => machine.OnStartHangs(name, now));
            }

            var host = await start;
            if (!Post((machine, now) =>
                {
                    Started(name);
                    machine.OnStarted(name, host, now);
                }))
            {
                EndOrphan(host, "the cluster closed before the start of its host ended");
                return;
            }

            await host.Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            Post((machine, now) => machine.OnHostEnded(name, now));
        }
#pragma warning disable CA1031 // Whatever went wrong is the machine's to deal with.
        catch (Exception error)
#pragma warning restore CA1031
        {
            var failure = error is OperationCanceledException && cancel.IsCancellationRequested
                ? new TimeoutException($"it was cancelled, at the latest after the {_options.StartTimeLimit.TotalSeconds} s that SpecClusterOptions.StartTimeLimit allows", error)
                : error;
            Post((machine, now) =>
            {
                Started(name);
                machine.OnStartFailed(name, failure, now);
            });
        }
    }

    /// <summary>Calls the provisioner, and holds it to its word.</summary>
    private async Task<ProvisionedWorker> StartAsync(WorkerSpec spec, CancellationToken cancellationToken)
    {
        var host = await _provisioner.StartAsync(spec, cancellationToken)
            ?? throw new InvalidOperationException($"The provisioner gave no host for worker {spec.Name}.");
        if (host.Name != spec.Name)
        {
            EndOrphan(host, "it is not the host that was asked for");
            throw new InvalidOperationException($"The provisioner gave a host for worker {host.Name} where one for {spec.Name} was asked for.");
        }

        return host;
    }

    /// <summary>Waits for a start: as long as it isn't cancelled, and then as long as an end may take. False: it hangs.</summary>
    private async Task<bool> EndsInTimeAsync(Task start, CancellationToken cancellationToken)
    {
        const ConfigureAwaitOptions quietly = ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext;
        await start.WaitAsync(cancellationToken).ConfigureAwait(quietly);
        if (!start.IsCompleted)
        {
            await start.WaitAsync(_options.StopTimeLimit, _time, CancellationToken.None).ConfigureAwait(quietly);
        }

        return start.IsCompleted;
    }

    private void Started(string name)
    {
        if (_starts.Remove(name, out var cancel))
        {
            cancel.Dispose();
        }
    }

    private async Task StopHostAsync(ProvisionedWorker host, RetirementRow row)
    {
        using var limit = new CancellationTokenSource(_options.StopTimeLimit, _time);
        try
        {
            await _provisioner.StopAsync(host, row, limit.Token).WaitHereAsync(limit.Token);
        }
        catch (OperationCanceledException error) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException($"it took longer than the {_options.StopTimeLimit.TotalSeconds} s that SpecClusterOptions.StopTimeLimit allows", error);
        }
    }

    /// <summary>Ends a host that the machine doesn't know, or not any more.</summary>
    private void EndOrphan(ProvisionedWorker host, string detail) => Run(async () =>
    {
        try
        {
            await StopHostAsync(host, new RetirementRow(default, host.Name, string.Empty) { Outcome = RetirementOutcome.Vanished, Detail = detail });
        }
#pragma warning disable CA1031 // Nobody is left who could try again.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogEvent(new ClusterError(host.Name, $"its host could not be ended and may still be there; end it by hand: {error.Message}", error));
        }
    });

    private async Task CloseSchedulerAsync()
    {
        try
        {
            await _scheduler.CloseAsync().WaitAsync(_options.StopTimeLimit, _time);
        }
#pragma warning disable CA1031 // The hosts are ended all the same.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogEvent(error);
        }
    }
}
