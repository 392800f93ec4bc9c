using Engine;
using Engine.Plugins;

namespace GracefulShrink;

/// <summary>
/// The disease: a supervisor that starts another worker on its machine whenever its worker ends, also when that was told that it is
/// missing. So did the nanny of Dask from mid 2022 to early 2024, and so does a service manager that is told to restart.
/// </summary>
/// <remarks>
/// The engine's own nanny can't do that: it ends together with a worker that was retired or is missing, and no option changes it. Its
/// identity is on the scheduler's ledger of departures, too. This one says nothing of itself, so it slips through, unless the machine
/// has a label: that is on the ledger as well.
/// </remarks>
internal sealed class RestartingSupervisor
{
    private readonly Lock _gate = new();
    private readonly WorkerSpec _spec;
    private readonly WorkerOptions _options;
    private readonly Membership _membership;
    private LocalWorker _worker;
    private bool _isOff;

    private RestartingSupervisor(WorkerSpec spec, WorkerOptions options, Membership membership, LocalWorker worker) =>
        (_spec, _options, _membership, _worker) = (spec, options, membership, worker);

    public static async Task<RestartingSupervisor> StartAsync(
        WorkerSpec spec, WorkerOptions options, Membership membership, CancellationToken cancellationToken)
    {
        var worker = await LocalWorker.StartAsync(spec, options, nanny: null, cancellationToken);
        var supervisor = new RestartingSupervisor(spec, options, membership, worker);
        _ = supervisor.RestartAsync();
        return supervisor;
    }

    /// <summary>The machine goes, and all that is on it.</summary>
    public void PowerOff()
    {
        LocalWorker worker;
        lock (_gate)
        {
            _isOff = true;
            worker = _worker;
        }

        worker.Kill();
    }

    private async Task RestartAsync()
    {
        try
        {
            while (true)
            {
                await _worker.Ended;
                lock (_gate)
                {
                    if (_isOff)
                    {
                        return;
                    }
                }

                var successor = await LocalWorker.StartAsync(_spec, _options);
                lock (_gate)
                {
                    _worker = successor;
                    if (_isOff)
                    {
                        successor.Kill(); // The machine went while it came up.
                    }
                }
            }
        }
        catch (WorkerRefusedException)
        {
            _membership.OnRefused();
        }
        catch (ConnectionClosedException)
        {
            // The cluster has closed.
        }
    }
}
