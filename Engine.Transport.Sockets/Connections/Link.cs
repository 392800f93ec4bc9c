using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using Pipelines.Sockets.Unofficial;

namespace Engine.Transport.Sockets.Connections;

/// <summary>The two pipes of a connection over its socket, or over TLS over its socket.</summary>
internal sealed class Link : IDisposable
{
    private const int SendBytesMax = 256 << 10;
    private const int ReceiveBytesMax = 512 << 10;

    private readonly IDuplexPipe _pipe;
    private readonly Socket _socket;
    private readonly SslStream? _tls;
    private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Link(IDuplexPipe pipe, Socket socket, SslStream? tls)
    {
        (_pipe, _socket, _tls) = (pipe, socket, tls);
#pragma warning disable CS0618 // Nothing else tells when a pipe has been emptied into its socket; our pipes are of the kind that does.
        pipe.Output.OnReaderCompleted(static (_, state) => ((Link)state!).OnEmptied(), this);
#pragma warning restore CS0618
    }

    public PipeReader Input => _pipe.Input;

    public PipeWriter Output => _pipe.Output;

    /// <summary>Ends when all that was put out has been sent, and the other side has been told that nothing follows; or when that failed.</summary>
    public Task Sent => _sent.Task;

    /// <summary>Takes a socket over.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="tls">The TLS stream over it; null without TLS.</param>
    public static Link Create(Socket socket, SslStream? tls)
    {
        var (send, receive) = (Options(SendBytesMax), Options(ReceiveBytesMax));
        return tls is null
            ? new Link(SocketConnection.Create(socket, send, receive), socket, null)
            : new Link(StreamConnection.GetDuplex(tls, send, receive), socket, tls);
    }

    /// <summary>Breaks it off. Both pipes end.</summary>
    public void Dispose()
    {
        if (_pipe is SocketConnection connection)
        {
            connection.Dispose();
            return;
        }

        _socket.Dispose();
        _tls?.Dispose();
    }

    private static PipeOptions Options(int bytesMax) => new(
        new BlockPool(),
        pauseWriterThreshold: bytesMax,
        resumeWriterThreshold: bytesMax / 2,
        minimumSegmentSize: BlockPool.BlockBytes,
        useSynchronizationContext: false);

    /// <remarks>
    /// TLS has a goodbye of its own, which isn't said: <see cref="SslStream.ShutdownAsync"/> must not run beside a read, which there
    /// always is, or the read fails and the other side's farewell is lost. Nor is it needed: an end without a farewell is a broken
    /// connection, so that nobody can cut one short unnoticed.
    /// </remarks>
    private void OnEmptied()
    {
        try
        {
            if (_tls is not null) // Otherwise the pipe has done it.
            {
                _socket.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It was broken off: then there is nobody to be told.
        }
        finally
        {
            _sent.TrySetResult();
        }
    }
}
