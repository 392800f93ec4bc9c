namespace Engine.Plugins;

/// <summary>Runs the asynchronous hooks of one plugin, one after the other, each within its time limit. What they throw is reported.</summary>
/// <param name="limit">How long a hook may take; one that takes longer is left to itself.</param>
/// <param name="time">The clock of the limits.</param>
/// <param name="report">Told of a hook that threw or took too long: its name and why.</param>
#pragma warning disable CA1001 // The source owns nothing: it has no timer, and nobody asks for its wait handle.
internal sealed class HookQueue(TimeSpan limit, TimeProvider time, Action<string, Exception> report)
#pragma warning restore CA1001
{
    private readonly Lock _gate = new(); // A worker's hooks are called from its loop and from what goes on beside it.
    private CancellationTokenSource _calls = new();
    private Task _tail = Task.CompletedTask;

    /// <summary>Has a hook called after those before it.</summary>
    public void Enqueue(string hook, Func<CancellationToken, ValueTask> call) => _ = CallAsync(hook, call);

    /// <summary>Calls a hook after those before it, and gives what it threw.</summary>
    public Task<Exception?> CallAsync(string hook, Func<CancellationToken, ValueTask> call)
    {
        lock (_gate)
        {
            var result = CallAfterAsync(_tail, hook, call, _calls.Token);
            _tail = result;
            return result;
        }
    }

    /// <summary>Ends when the hooks that were called so far have ended.</summary>
    public Task WhenIdleAsync()
    {
        lock (_gate)
        {
            return _tail;
        }
    }

    /// <summary>
    /// Cancels the token of the hooks that run or wait; those that wait are called all the same. One that is called later,
    /// to tidy up, has its whole time.
    /// </summary>
    public void Cancel()
    {
        CancellationTokenSource calls;
        lock (_gate)
        {
            (calls, _calls) = (_calls, new CancellationTokenSource());
        }

        calls.Cancel();
    }

    private async Task<Exception?> CallAfterAsync(Task previous, string hook, Func<CancellationToken, ValueTask> call, CancellationToken cancelled)
    {
        // Never within the component's turn, not even up to the hook's first await.
        await previous.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.ContinueOnCapturedContext);
        using var timer = new CancellationTokenSource(limit, time);
        using var token = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancelled);
        try
        {
            await call(token.Token).AsTask().WaitHereAsync(timer.Token);
            return null;
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested)
        {
            var late = new TimeoutException($"{hook} took longer than {limit}.");
            report(hook, late);
            return late;
        }
#pragma warning disable CA1031 // The hook is the plugin author's: whatever it throws, the next one is called.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            report(hook, exception);
            return exception;
        }
    }
}
