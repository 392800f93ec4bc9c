namespace Engine.Plugins;

/// <summary>
/// Waits that stay on the task scheduler where they began. Problem: what a completion source ends "asynchronously", <c>WaitAsync</c>,
/// <c>WhenAny</c> and <c>WhenAll</c> hear on the thread pool, whatever task scheduler waits for them. Idea: an await hears it on its own
/// scheduler, so they are given a task that does no more than await.
/// </summary>
internal static class Waits
{
    /// <summary>Ends as the task does, on the scheduler of whoever calls this.</summary>
    public static async Task OnOwnScheduler(this Task task) => await task;

    /// <summary>Waits until the token is cancelled at the latest. What the task throws after that is nobody's to see.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    public static async Task WaitHereAsync(this Task task, CancellationToken cancellationToken)
    {
        var end = task.OnOwnScheduler();
        try
        {
            await end.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            end.Ignore();
            throw;
        }
    }

    /// <inheritdoc cref="WaitHereAsync(Task, CancellationToken)"/>
    public static async Task<T> WaitHereAsync<T>(this Task<T> task, CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            await WaitHereAsync((Task)task, cancellationToken);
        }

        return await task;
    }

    /// <summary>Whatever becomes of the task, nobody needs to know.</summary>
    public static void Ignore(this Task task) => _ = IgnoreAsync(task);

    private static async Task IgnoreAsync(Task task) =>
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
}
