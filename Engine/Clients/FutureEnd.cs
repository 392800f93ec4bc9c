using Engine.Clients.Machine;

namespace Engine.Clients;

/// <summary>The end of one future, to be awaited.</summary>
internal sealed class FutureEnd() : TaskCompletionSource<FutureStatus>(TaskCreationOptions.RunContinuationsAsynchronously), IFutureWaiter
{
    public void Ended(TaskKey key, FutureStatus status) => TrySetResult(status);
}
