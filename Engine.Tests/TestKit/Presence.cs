namespace Engine.Tests.TestKit;

/// <summary>Tells when the last of some functions has ended.</summary>
internal sealed class Presence
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _empty;
    private int _count;

    /// <summary>Ends when as many have left as have entered.</summary>
    public Task NobodyIsThere
    {
        get
        {
            lock (_gate)
            {
                return _count == 0
                    ? Task.CompletedTask
                    : (_empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
        }
    }

    /// <summary>A function is there until it disposes this.</summary>
    public IDisposable Enter()
    {
        lock (_gate)
        {
            _count++;
        }

        return new Stay(this);
    }

    private sealed class Stay(Presence presence) : IDisposable
    {
        public void Dispose()
        {
            lock (presence._gate)
            {
                if (--presence._count == 0)
                {
                    presence._empty?.TrySetResult();
                    presence._empty = null;
                }
            }
        }
    }
}
