using Engine.Plugins;

namespace Engine.Tests.TestKit;

/// <summary>
/// Hears which workers run for their nannies. The scheduler lets a worker in a moment before its nanny hears of it, and for its nanny a
/// worker whose process is ended in that moment did not come up.
/// </summary>
internal sealed class NannyWatch
{
    private readonly Lock _gate = new();
    private readonly Dictionary<WorkerId, TaskCompletionSource> _heard = [];

    /// <summary>What each nanny of a cluster has to have.</summary>
    public NannyPlugin CreatePlugin() => new Plugin(this);

    /// <summary>Ends when the worker's nanny has heard that it runs.</summary>
    public Task WhenHeardOf(WorkerId worker) => Of(worker).Task.Within($"the nanny of {worker} hears that it runs");

    private TaskCompletionSource Of(WorkerId worker)
    {
        lock (_gate)
        {
            return _heard.TryGetValue(worker, out var known)
                ? known
                : _heard[worker] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private sealed class Plugin(NannyWatch owner) : NannyPlugin
    {
        public override ValueTask AfterStartAsync(WorkerId worker, CancellationToken cancellationToken)
        {
            owner.Of(worker).TrySetResult();
            return default;
        }
    }
}
