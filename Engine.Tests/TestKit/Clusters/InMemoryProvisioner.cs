using Engine.Plugins;

namespace Engine.Tests.TestKit.Clusters;

/// <summary>A provisioner whose hosts are entries in a table: a start makes a worker join, an end makes it leave.</summary>
internal sealed class InMemoryProvisioner(FakeClusterScheduler scheduler) : IWorkerProvisioner
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Host> _hosts = new(StringComparer.Ordinal);
    private readonly List<RetirementRow> _rows = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> _awaited = [];

    /// <summary>What a start does before there is a host; may wait or throw.</summary>
    public Func<WorkerSpec, CancellationToken, Task> WhenStarted { get; set; } = static (_, _) => Task.CompletedTask;

    /// <summary>What an end does before the host is gone; may wait or throw.</summary>
    public Func<string, CancellationToken, Task> WhenStopped { get; set; } = static (_, _) => Task.CompletedTask;

    /// <summary>Whether the worker of a host becomes a member.</summary>
    public Func<string, bool> Joins { get; set; } = static _ => true;

    /// <summary>The names of the hosts that there are.</summary>
    public IReadOnlyList<string> Hosts
    {
        get
        {
            lock (_gate)
            {
                return [.. _hosts.Keys.Order(StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>With what hosts were ended, in order.</summary>
    public IReadOnlyList<RetirementRow> Rows
    {
        get
        {
            lock (_gate)
            {
                return [.. _rows];
            }
        }
    }

    /// <summary>Ends when there are so many hosts and their workers have joined or left.</summary>
    public Task HasHostsAsync(int count)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _awaited.Add((count, reached));
        }

        TellOfHosts();
        return reached.Task.Within($"there are {count} hosts");
    }

    public async Task<ProvisionedWorker> StartAsync(WorkerSpec spec, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await WhenStarted(spec, cancellationToken); // After that a cancellation comes too late: the host is there.
        var host = new Host(spec.Name);
        lock (_gate)
        {
            _hosts.Add(spec.Name, host);
        }

        if (Joins(spec.Name))
        {
            scheduler.Join(spec.Name);
        }

        TellOfHosts();
        return host;
    }

    public async Task StopAsync(ProvisionedWorker worker, RetirementRow row, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            _rows.Add(row);
        }

        await WhenStopped(worker.Name, cancellationToken);
        End((Host)worker);
    }

    /// <summary>The host ends by itself.</summary>
    public void Kill(string name)
    {
        Host host;
        lock (_gate)
        {
            host = _hosts[name];
        }

        End(host);
    }

    private void End(Host host)
    {
        lock (_gate)
        {
            if (!_hosts.Remove(host.Name))
            {
                return;
            }
        }

        scheduler.Leave(host.Name, CloseReason.Crashed);
        host.End();
        TellOfHosts();
    }

    private void TellOfHosts()
    {
        lock (_gate)
        {
            foreach (var (count, reached) in _awaited)
            {
                if (_hosts.Count == count)
                {
                    reached.TrySetResult();
                }
            }
        }
    }

    private sealed class Host : ProvisionedWorker
    {
        private readonly TaskCompletionSource _ended;

        public Host(string name)
            : this(name, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))
        {
        }

        private Host(string name, TaskCompletionSource ended)
            : base(name, ended.Task) => _ended = ended;

        public void End() => _ended.TrySetResult();
    }
}
