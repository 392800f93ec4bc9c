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

/// <summary>A place where a function stops until the test lets it on; the test hears when it has come there.</summary>
internal sealed class Gate
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the first function has come to the gate.</summary>
    public Task Entered => _entered.Task.Within("a function comes to its gate");

    public bool IsEntered => _entered.Task.IsCompleted;

    public void Open() => _open.TrySetResult();

    /// <summary>Stops the thread.</summary>
    public void Pass()
    {
        _entered.TrySetResult();
        if (!_open.Task.Wait(s_limit))
        {
            throw new TimeoutException("The test never opened the gate.");
        }
    }

    /// <summary>Stops without a thread; the token ends it.</summary>
    public Task PassAsync(CancellationToken cancellationToken = default)
    {
        _entered.TrySetResult();
        return _open.Task.WaitAsync(s_limit, TimeProvider.System, cancellationToken);
    }
}
