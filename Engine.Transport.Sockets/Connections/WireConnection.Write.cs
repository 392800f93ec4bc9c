using Engine.Plugins.Transports;
using Engine.Transport.Sockets.Framing;

namespace Engine.Transport.Sockets.Connections;

/// <summary>The loop that writes: credit and control first, then data while there is credit, a flush for all of it; the farewell last.</summary>
internal sealed partial class WireConnection
{
    private const int FlushBytes = 128 << 10;

    private readonly LaneSender _data;
    private readonly LaneSender _control;
    private readonly long _creditMax;
    private long _credit;
    private long _creditOwed;
    private bool _hasSaidFarewell;

    private async Task WriteAsync()
    {
        Exception? error = null;
        try
        {
            while (!_hasSaidFarewell)
            {
                if (WriteBatch() == 0)
                {
                    await _signal.WaitAsync();
                }
                else if (await _link.Output.FlushAsync() is { IsCompleted: true })
                {
                    BreakSending("its socket takes no more");
                    break;
                }
            }
        }
#pragma warning disable CA1031 // The border of the connection: whatever a socket or a pipe throws, it is broken.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            error = exception;
            BreakSending(exception.Message);
        }
        finally
        {
            _control.Drop();
            _data.Drop();
            _link.CompleteOutput(error);
        }
    }

    private void BreakSending(string why)
    {
        if (_ending.Break(new Disconnect(DisconnectKind.Aborted, $"sending to {PeerAddress} failed: {why}")))
        {
            BeginEnd();
        }
    }

    private int WriteBatch()
    {
        var bytes = 0;
        try
        {
            while (bytes < FlushBytes && WriteNext() is > 0 and var count)
            {
                bytes += count;
            }
        }
        catch (UnwritableMessageException exception)
        {
            // What the lane's codec remembers may be half of that message, so nothing more goes out but the reason.
            _dropsQueued = true;
            Close(new Disconnect(DisconnectKind.Aborted, exception.Message));
            bytes += SayFarewell();
        }

        return bytes;
    }

    private int WriteNext()
    {
        if (_hasSaidFarewell)
        {
            return 0;
        }

        var isEnding = _ending.Reason is not null; // Asked before the queues are: what was sent before the end is in them.
        if (_dropsQueued)
        {
            return isEnding ? SayFarewell() : 0;
        }

        if (Interlocked.Exchange(ref _creditOwed, 0) is > 0 and var owed)
        {
            return SmallFrames.WriteCredit(_link.Output, (uint)owed);
        }

        if (_control.WriteNext(_link.Output) is > 0 and var controlBytes)
        {
            return controlBytes;
        }

        if (Interlocked.Read(ref _credit) > 0 && _data.WriteNext(_link.Output) is > 0 and var dataBytes)
        {
            Interlocked.Add(ref _credit, -dataBytes);
            return dataBytes;
        }

        // Who has said farewell gives no more credit.
        return isEnding && (_data.IsIdle || _ending.IsTold) ? SayFarewell() : 0;
    }

    private int SayFarewell()
    {
        _hasSaidFarewell = true;
        return _ending.TakeFarewell() is { } reason
            ? SmallFrames.WriteClose(_link.Output, reason)
            : SmallFrames.WriteCloseAck(_link.Output);
    }
}
