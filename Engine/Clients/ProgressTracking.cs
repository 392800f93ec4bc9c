using System.Runtime.CompilerServices;
using Engine.Clients;

namespace Engine;

/// <summary>Reports the progress of some futures until all have ended, or until it is disposed. Can be awaited.</summary>
/// <remarks>dask: <c>progress</c>.</remarks>
public sealed class ProgressTracking : IDisposable
{
    private readonly FutureEnds _ends;
    private readonly int[] _counts;
    private readonly IProgress<FutureProgress> _progress;

    internal ProgressTracking(FutureEnds ends, int total, IProgress<FutureProgress> progress, TaskScheduler scheduler)
    {
        (_ends, _progress) = (ends, progress);
        _counts = new int[Enum.GetValues<FutureStatus>().Length];
        _counts[(int)FutureStatus.Pending] = total;
        Completion = Task.Factory.StartNew(RunAsync, CancellationToken.None, TaskCreationOptions.None, scheduler).Unwrap();
    }

    /// <summary>Ends with the last report, or when the tracking is disposed. Fails if a report throws.</summary>
    public Task Completion { get; }

    /// <summary>Waits for <see cref="Completion"/>.</summary>
    /// <returns>An awaiter.</returns>
    public TaskAwaiter GetAwaiter() => Completion.GetAwaiter();

    /// <summary>Ends the reports. Idempotent; one that is under way goes on.</summary>
    public void Dispose() => _ends.Dispose();

    private async Task RunAsync()
    {
        using (_ends)
        {
            _progress.Report(new FutureProgress(_counts));
            while (_counts[(int)FutureStatus.Pending] > 0 && await _ends.WaitAsync(CancellationToken.None))
            {
                while (_ends.TryTake(out var end))
                {
                    _counts[(int)FutureStatus.Pending]--;
                    _counts[(int)end.Status]++;
                }

                _progress.Report(new FutureProgress(_counts));
            }
        }
    }
}
