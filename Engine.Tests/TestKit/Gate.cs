namespace Engine.Tests.TestKit;

/// <summary>A task function that a test holds up: it says when it runs, and ends when the test lets it.</summary>
internal sealed class Gate<T>
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<T> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _runs;

    /// <summary>Ends when the function runs.</summary>
    public Task Entered => _entered.Task.Within("start of a task's function");

    /// <summary>How often the function was called.</summary>
    public int Runs => Volatile.Read(ref _runs);

    /// <summary>The function.</summary>
    public Task<T> RunAsync()
    {
        Interlocked.Increment(ref _runs);
        _entered.TrySetResult();
        return _opened.Task;
    }

    public void Open(T value) => _opened.TrySetResult(value);

    public void Fail(Exception exception) => _opened.TrySetException(exception);
}
