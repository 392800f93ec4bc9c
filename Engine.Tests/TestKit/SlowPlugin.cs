using Engine.Plugins;

namespace Engine.Tests.TestKit;

/// <summary>A plugin that hears of a worker's removal and takes until it is released.</summary>
internal sealed class SlowPlugin : SchedulerPlugin
{
    private readonly TaskCompletionSource<WorkerRemoved> _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<WorkerRemoved> Entered => _entered.Task;

    public void Release() => _released.TrySetResult();

    public override async ValueTask RemoveWorkerAsync(WorkerRemoved removed, CancellationToken cancellationToken)
    {
        _entered.TrySetResult(removed);
        await _released.Task.WaitAsync(cancellationToken);
    }
}
