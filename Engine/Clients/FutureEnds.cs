using System.Threading.Channels;
using Engine.Clients.Machine;

namespace Engine.Clients;

/// <summary>The ends of several futures in the order in which they happen, each future once. Holds the futures.</summary>
/// <remarks>Fed by the client's loop, read by one reader. Disposing it takes its waiters back and ends the reading.</remarks>
internal sealed class FutureEnds : IDisposable
{
    private readonly Client _client;
    private readonly Future[] _futures;
    private readonly Waiter[] _waiters;
    private readonly Channel<(int Place, FutureStatus Status)> _ends =
        Channel.CreateUnbounded<(int Place, FutureStatus Status)>(new UnboundedChannelOptions { SingleReader = true });

    public FutureEnds(Client client, Future[] futures)
    {
        (_client, _futures) = (client, futures);
        _waiters = new Waiter[futures.Length];
        for (var i = 0; i < futures.Length; i++)
        {
            _waiters[i] = new Waiter(this, i);
            if (!client.TryAddWaiter(futures[i], _waiters[i], out var status))
            {
                _ends.Writer.TryWrite((i, status));
            }
        }
    }

    /// <summary>Waits for an end that has not been taken. False if there won't be one, because this was disposed.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _ends.Reader.WaitToReadAsync(cancellationToken);

    public bool TryTake(out (int Place, FutureStatus Status) end) => _ends.Reader.TryRead(out end);

    public void Dispose()
    {
        if (_ends.Writer.TryComplete())
        {
            for (var i = 0; i < _futures.Length; i++)
            {
                _client.RemoveWaiter(_futures[i], _waiters[i]);
            }
        }
    }

    private sealed class Waiter(FutureEnds ends, int place) : IFutureWaiter
    {
        public void Ended(TaskKey key, FutureStatus status) => ends._ends.Writer.TryWrite((place, status));
    }
}
