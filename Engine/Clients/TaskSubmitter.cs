using Engine.Tasks;

namespace Engine;

/// <summary>Something that tasks are submitted through: a <see cref="Client"/>, or a scope of it.</summary>
/// <remarks>Thread-safe. Submitting returns at once; tasks leave in batches.</remarks>
public abstract partial class TaskSubmitter
{
    private protected TaskSubmitter()
    {
    }

    /// <summary>Submits one task.</summary>
    /// <param name="work">The function and its literal inputs.</param>
    /// <param name="dependencies">The futures among its inputs, in the order in which the work reads them.</param>
    /// <param name="options">Options, or null for the default ones.</param>
    /// <param name="element">The element number, which may hold a literal.</param>
    internal abstract Future<TResult> Enqueue<TResult>(TaskWork work, ReadOnlySpan<Future> dependencies, SubmitOptions? options, int element = 0);

    /// <summary>Submits as many tasks of one work as it has elements.</summary>
    internal abstract FutureMap<TResult> EnqueueMap<TResult>(TaskWork work, int count, SubmitOptions? options);

    /// <summary>Waits until the client has fewer unfinished tasks than its bound.</summary>
    internal abstract ValueTask WaitForRoomAsync(CancellationToken cancellationToken);
}
