using Engine.Plugins.Transports;
using Engine.Tests.TestKit;

namespace Engine.Tests.Comms.Sockets;

/// <summary>The inbox of a component that is behind until the test lets it catch up.</summary>
internal sealed class SlowInbox : IInbox
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Action> _waiting = [];
    private bool _isBehind = true;
    private long _dataBytes;

    public RecordingInbox Arrived { get; } = new();

    /// <summary>Ends when the connection has asked and was told that the component is behind.</summary>
    public Task Asked => _asked.Task.Within("a connection asks whether its component is behind");

    public long DataBytes => Interlocked.Read(ref _dataBytes);

    public void Receive(IConnection connection, Message message)
    {
        if (message is Conformance.PayloadMessage { Lane: Lane.Data } payload)
        {
            Interlocked.Add(ref _dataBytes, payload.Body.Count + payload.Attachments.Sum(static bytes => bytes.Length));
        }

        Arrived.Receive(connection, message);
    }

    public void Disconnected(IConnection connection, Disconnect reason) => Arrived.Disconnected(connection, reason);

    public bool IsBehind(Action caughtUp)
    {
        lock (_lock)
        {
            if (_isBehind)
            {
                _waiting.Add(caughtUp);
            }
        }

        _asked.TrySetResult();
        return _isBehind;
    }

    public void CatchUp()
    {
        List<Action> waiting;
        lock (_lock)
        {
            _isBehind = false;
            waiting = [.. _waiting];
            _waiting.Clear();
        }

        waiting.ForEach(static tell => tell());
    }
}
