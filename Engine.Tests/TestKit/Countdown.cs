namespace Engine.Tests.TestKit;

/// <summary>Something that is to happen so often; the test waits until it has.</summary>
internal sealed class Countdown(int count)
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left = count;

    public Task Reached => _reached.Task;

    public void Signal()
    {
        if (Interlocked.Decrement(ref _left) == 0)
        {
            _reached.SetResult();
        }
    }
}
