using System.Runtime.CompilerServices;
using Engine.Clients;

namespace Engine;

/// <summary>A task's value of a known type, now or later. Can be awaited.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
/// <remarks>dask: <c>Future</c>.</remarks>
public sealed class Future<T> : Future
{
    internal Future(FutureLease lease, TaskKey key)
        : base(lease, key)
    {
    }

    /// <inheritdoc/>
    public override Type ValueType => typeof(T);

    /// <summary>Waits for the value.</summary>
    /// <returns>An awaiter; it throws <see cref="TaskFailedException"/>, <see cref="FutureCancelledException"/> or <see cref="LostDataException"/> if there will be no value.</returns>
    public TaskAwaiter<T> GetAwaiter() => AsTask().GetAwaiter();

    /// <summary>Waits for the value.</summary>
    /// <param name="cancellationToken">Ends the wait, not the task.</param>
    /// <returns>A task with the value.</returns>
    /// <exception cref="TaskFailedException">The task's function threw, or one that it depends on did.</exception>
    /// <exception cref="FutureCancelledException">The future was cancelled or released.</exception>
    /// <exception cref="LostDataException">The value was scattered data, and the last worker that held it is gone.</exception>
    public Task<T> AsTask(CancellationToken cancellationToken = default) => Client.ReadAsync(this, cancellationToken);
}
