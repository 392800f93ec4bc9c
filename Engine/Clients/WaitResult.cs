namespace Engine;

/// <summary>How some futures stood when a wait for them was over.</summary>
/// <typeparam name="TFuture">The type of the futures.</typeparam>
/// <remarks>dask: <c>DoneAndNotDoneFutures</c>.</remarks>
public sealed class WaitResult<TFuture>
    where TFuture : Future
{
    internal WaitResult(IReadOnlyList<TFuture> done, IReadOnlyList<TFuture> notDone) => (Done, NotDone) = (done, notDone);

    /// <summary>Those that had ended, in the order in which they were given.</summary>
    public IReadOnlyList<TFuture> Done { get; }

    /// <summary>Those that had not, in the order in which they were given.</summary>
    public IReadOnlyList<TFuture> NotDone { get; }

    /// <summary>Both lists.</summary>
    /// <param name="done">Those that had ended.</param>
    /// <param name="notDone">Those that had not.</param>
    public void Deconstruct(out IReadOnlyList<TFuture> done, out IReadOnlyList<TFuture> notDone) => (done, notDone) = (Done, NotDone);
}
