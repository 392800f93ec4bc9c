using System.Buffers;
using Engine.Plugins.Transports;
using Engine.Transport.Sockets.Framing;

namespace Engine.Transport.Sockets.Connections;

/// <summary>The loop that reads: every message goes to the component as it comes, and its bytes are handed back to the other side while the component keeps up.</summary>
internal sealed partial class WireConnection
{
    private readonly FrameReceiver _receiver;
    private readonly ReceiveWindow _window;
    private readonly Action _caughtUp;
    private int _waitsForComponent;

    private async Task ReadAsync()
    {
        var fallback = await ReadUntilOverAsync();
        _receiver.Release();
        var reason = _ending.Settle(fallback);
        BeginEnd();
        _inbox.Disconnected(this, reason);
        await DrainAsync();
        _link.Input.Complete();
    }

    /// <summary>Reads until nothing more is to be told to the component.</summary>
    /// <returns>The reason, if nobody gave one.</returns>
    private async Task<Disconnect> ReadUntilOverAsync()
    {
        try
        {
            while (true)
            {
                var result = await _link.Input.ReadAsync();
                var (isOver, isInFrame) = Handle(result.Buffer);
                if (isOver)
                {
                    return Aborted("ended"); // Never told: the other side said farewell.
                }

                if (result.IsCompleted || _isOverdue)
                {
                    _dropsQueued = true;
                    return Aborted(!result.IsCompleted ? "did not answer in time"
                        : isInFrame || _receiver.IsInMessage ? "broke off in the middle of a message"
                        : "went away without a goodbye: its process ended, or the network failed");
                }
            }
        }
        catch (ProtocolViolationException exception)
        {
            _dropsQueued = true;
            Close(new Disconnect(DisconnectKind.ProtocolViolation, $"{PeerAddress} violated the protocol. {exception.Message}"));
            return Aborted("violated the protocol");
        }
#pragma warning disable CA1031 // The border of the connection: whatever a socket, a pipe, a codec or a component throws, it is broken.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _dropsQueued = true;
            return Aborted($"can't be read from: {exception.Message}");
        }
    }

    private Disconnect Aborted(string what) => new(DisconnectKind.Aborted, $"{PeerAddress} {what}");

    /// <summary>Handles what has come.</summary>
    /// <returns>Whether the other side has said farewell; whether a frame has come in part.</returns>
    private (bool IsOver, bool IsInFrame) Handle(in ReadOnlySequence<byte> input)
    {
        var rest = input;
        var isOver = false;
        try
        {
            while (!isOver && _receiver.TryRead(ref rest, out var received))
            {
                isOver = Handle(received);
            }

            return (isOver, !rest.IsEmpty);
        }
        finally
        {
            _link.Input.AdvanceTo(rest.Start, input.End);
        }
    }

    private bool Handle(in Received received)
    {
        switch (received.Kind)
        {
            case ReceivedKind.Message:
                _inbox.Receive(this, received.Message!); // There is one with this kind.
                break;
            case ReceivedKind.Credit:
                TakeCredit(received.Credit);
                break;
            case ReceivedKind.Close:
                _ending.BeTold(received.Reason!); // There is one with this kind.
                return true;
            case ReceivedKind.CloseAck:
                _ending.BeAcknowledged();
                return true;
        }

        if (received.DataBytes > 0 && _window.Owe(received.DataBytes))
        {
            HandBackUnlessBehind();
        }

        return false;
    }

    private void TakeCredit(long bytes)
    {
        if (Interlocked.Add(ref _credit, bytes) is var credit && credit > _creditMax)
        {
            throw new ProtocolViolationException($"Credit for {credit} bytes was given; {_creditMax} are the window.");
        }

        _signal.Set();
    }

    private void HandBackUnlessBehind()
    {
        // Set before the component is asked: it may call back before it has answered.
        if (Interlocked.Exchange(ref _waitsForComponent, 1) == 0 && !_inbox.IsBehind(_caughtUp))
        {
            HandBack();
        }
    }

    private void HandBack()
    {
        Interlocked.Exchange(ref _waitsForComponent, 0);
        Interlocked.Add(ref _creditOwed, _window.HandBack());
        _signal.Set();
    }

    /// <summary>Reads on into nothing, until the other side is done: what was written to it is then there.</summary>
    private async Task DrainAsync()
    {
        try
        {
            while (true)
            {
                var result = await _link.Input.ReadAsync();
                _link.Input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    return;
                }
            }
        }
#pragma warning disable CA1031 // Whatever it throws: nobody is interested in the rest.
        catch (Exception)
#pragma warning restore CA1031
        {
            // A socket that is broken off needs no draining.
        }
    }
}
