using System.IO.Pipelines;
using System.Net.Sockets;
using Pipelines.Sockets.Unofficial;

namespace Engine.Transport.Sockets.Connections;

/// <summary>The two pipes of a connection over its socket, or over TLS over its socket.</summary>
internal sealed class Link : IDisposable
{
    private const int SendBytesMax = 256 << 10;
    private const int ReceiveBytesMax = 512 << 10;

    private readonly Socket _socket;
    private readonly IDisposable _stream;
    private readonly bool _finishes;
    private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="input">What comes.</param>
    /// <param name="output">What goes.</param>
    /// <param name="socket">The socket.</param>
    /// <param name="stream">What is to be disposed of beside it.</param>
    /// <param name="finishes">Whether the pipe tells the other side that nothing follows; otherwise this does.</param>
    private Link(PipeReader input, PipeWriter output, Socket socket, IDisposable stream, bool finishes) =>
        (Input, Output, _socket, _stream, _finishes) = (input, output, socket, stream, finishes);

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    /// <summary>Whether a flush of the output ends when the socket has taken it, on the thread of whoever flushes; no thread of the pool is needed for it.</summary>
    public bool IsBlocking { get; private init; }

    /// <summary>Ends when all that was put out has been sent, and the other side has been told that nothing follows; or when that failed.</summary>
    public Task Sent => _sent.Task;

    /// <summary>Takes a socket over.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="tls">The TLS stream over it; null without TLS.</param>
    /// <param name="blocks">Whether whoever writes has a thread to itself (<see cref="IsBlocking"/>).</param>
    public static Link Create(Socket socket, Stream? tls, bool blocks)
    {
        var (send, receive) = (Options(SendBytesMax), Options(ReceiveBytesMax));
        if (blocks)
        {
            var stream = tls ?? new NetworkStream(socket, ownsSocket: false);
            var writer = PipeWriter.Create(new BlockingStream(stream), new StreamPipeWriterOptions(send.Pool, BlockPool.BlockBytes));
            return new Link(StreamConnection.GetReader(stream, receive), writer, socket, stream, finishes: false) { IsBlocking = true };
        }

        var pipe = tls is null ? SocketConnection.Create(socket, send, receive) : StreamConnection.GetDuplex(tls, send, receive);
        var link = new Link(pipe.Input, pipe.Output, socket, tls ?? (IDisposable)pipe, finishes: tls is null);
#pragma warning disable CS0618 // Nothing else tells when a pipe has been emptied into its socket; our pipes are of the kind that does.
        pipe.Output.OnReaderCompleted(static (_, state) => ((Link)state!).OnEmptied(), link);
#pragma warning restore CS0618
        return link;
    }

    /// <summary>Ends the output: nothing more is put out.</summary>
    /// <param name="error">What broke it, or null: what was put out is sent.</param>
    public void CompleteOutput(Exception? error)
    {
        Output.Complete(error);
        if (IsBlocking)
        {
            OnEmptied();
        }
    }

    /// <summary>Breaks it off. Both pipes end.</summary>
    public void Dispose()
    {
        if (_stream is not SocketConnection)
        {
            _socket.Dispose(); // First, so that nothing waits for it.
        }

        _stream.Dispose();
    }

    private static PipeOptions Options(int bytesMax) => new(
        new BlockPool(),
        pauseWriterThreshold: bytesMax,
        resumeWriterThreshold: bytesMax / 2,
        minimumSegmentSize: BlockPool.BlockBytes,
        useSynchronizationContext: false);

    /// <remarks>
    /// TLS has a goodbye of its own, which isn't said: <c>SslStream.ShutdownAsync</c> must not run beside a read, which there
    /// always is, or the read fails and the other side's farewell is lost. Nor is it needed: an end without a farewell is a broken
    /// connection, so that nobody can cut one short unnoticed.
    /// </remarks>
    private void OnEmptied()
    {
        try
        {
            if (!_finishes)
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
