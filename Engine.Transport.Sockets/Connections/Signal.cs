using System.Threading.Tasks.Sources;

namespace Engine.Transport.Sockets.Connections;

/// <summary>Wakes one waiter, who looks at everything when woken: signals between two waits are one. Costs no allocation.</summary>
/// <remarks>
/// Three states: idle, set, awaited. Who sets it stores its work before; the fence makes sure that either the waiter sees the
/// work or the setter sees that the waiter has begun to look.
/// </remarks>
/// <param name="blocks">Whether the waiter has a thread to itself, which is stopped, so that no thread of the pool is needed to go on.</param>
internal sealed class Signal(bool blocks) : IValueTaskSource
{
    private const int Idle = 0;
    private const int IsSet = 1;
    private const int Awaited = 2;

    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private readonly SemaphoreSlim? _stopped = blocks ? new SemaphoreSlim(0) : null;
    private int _state;

    public void Set()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _state) != IsSet && Interlocked.Exchange(ref _state, IsSet) == Awaited)
        {
            if (_stopped is null)
            {
                _source.SetResult(true);
            }
            else
            {
                _stopped.Release();
            }
        }
    }

    /// <summary>Ends when it is set, or was since the last wait.</summary>
    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, IsSet) == IsSet)
        {
            return default;
        }

        _source.Reset();
        if (Interlocked.CompareExchange(ref _state, Awaited, Idle) == IsSet)
        {
            Interlocked.Exchange(ref _state, Idle);
            return default;
        }

        if (_stopped is not null)
        {
            _stopped.Wait();
            Interlocked.Exchange(ref _state, Idle);
            return default;
        }

        return new ValueTask(this, _source.Version);
    }

    void IValueTaskSource.GetResult(short token)
    {
        _source.GetResult(token);
        Interlocked.Exchange(ref _state, Idle);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
