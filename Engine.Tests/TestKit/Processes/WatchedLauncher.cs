using Engine.Nannies;

namespace Engine.Tests.TestKit.Processes;

/// <summary>Watches how a nanny uses a launcher, and gives its processes variables of their own.</summary>
internal sealed class WatchedLauncher(IWorkerLauncher inner, IReadOnlyDictionary<string, string> variables) : IWorkerLauncher
{
    private readonly Lock _gate = new();
    private readonly List<(string Line, TaskCompletionSource Done)> _waiting = [];
    private readonly List<string> _lines = [];
    private readonly List<ILaunchedWorker> _workers = [];

    /// <summary>What has happened, in order.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>Ends when something has happened.</summary>
    public Task When(string line)
    {
        lock (_gate)
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_lines.Contains(line))
            {
                done.SetResult();
            }

            _waiting.Add((line, done));
            return done.Task.Within($"\"{line}\" happens");
        }
    }

    public async Task<ILaunchedWorker> StartAsync(WorkerLaunch launch, CancellationToken cancellationToken)
    {
        var number = 1;
        lock (_gate)
        {
            number += _workers.Count;
            Note(_workers.TrueForAll(static worker => worker.Exited.IsCompleted) ? $"start {number}" : $"start {number} though another lives");
        }

        Watched started;
        try
        {
            started = new Watched(this, number, await inner.StartAsync(launch with { Environment = variables }, cancellationToken));
        }
        catch (OperationCanceledException)
        {
            Note($"gives {number} up");
            throw;
        }

        lock (_gate)
        {
            _workers.Add(started);
            Note($"runs {number}");
        }

        return started;
    }

    private void Note(string line)
    {
        lock (_gate)
        {
            _lines.Add(line);
            _waiting.FindAll(waiting => waiting.Line == line).ForEach(static waiting => waiting.Done.TrySetResult());
        }
    }

    private sealed class Watched(WatchedLauncher owner, int number, ILaunchedWorker inner) : ILaunchedWorker
    {
        public WorkerId Id => inner.Id;

        public Task<(CloseReason Reason, string Detail)> Exited => inner.Exited;

        public long MemoryBytes => inner.MemoryBytes;

        public void Stop(CloseReason reason, string detail)
        {
            inner.Stop(reason, detail);
            owner.Note($"stop {number}");
        }

        public void Kill(CloseReason reason, string detail)
        {
            owner.Note($"kill {number} {reason}");
            inner.Kill(reason, detail);
        }
    }
}
