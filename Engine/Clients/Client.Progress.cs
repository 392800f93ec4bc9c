using Engine.Clients;

namespace Engine;

/// <content>Progress of futures.</content>
public sealed partial class Client
{
    /// <summary>Reports how many futures have ended and how: at once, and then whenever more have.</summary>
    /// <param name="futures">The futures; not null, of this client. They are held until the tracking ends.</param>
    /// <param name="progress">Told one report at a time, away from the client's loop; ends that come meanwhile go into one report.</param>
    /// <returns>The tracking: await it for the last report, dispose it to end it before.</returns>
    /// <exception cref="ArgumentException">A future is null or of another client.</exception>
    /// <remarks>dask: <c>progress</c>. A future counts by its first end: a retry afterwards doesn't show.</remarks>
    public ProgressTracking TrackProgress(IEnumerable<Future> futures, IProgress<FutureProgress> progress)
    {
        var list = OwnFutures(futures);
        ArgumentNullException.ThrowIfNull(progress);
        Flush();
        return new ProgressTracking(new FutureEnds(this, list), list.Length, progress, _taskScheduler);
    }
}
