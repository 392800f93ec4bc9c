using System.IO.Pipes;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Threading.Channels;

namespace Engine.Nannies.Processes;

/// <summary>The nanny's end of the pipe to its worker process. Only processes of the same user get in.</summary>
internal sealed class WorkerPipe : IDisposable
{
    private readonly NamedPipeServerStream _stream;
    private readonly CancellationTokenSource _nobodyComes = new();
    private readonly Channel<PipeMessage> _outgoing = Channel.CreateUnbounded<PipeMessage>(new UnboundedChannelOptions { SingleReader = true });

    public WorkerPipe()
    {
        var random = $"engine-{RandomNumberGenerator.GetHexString(32, lowercase: true)}";
        Name = OperatingSystem.IsWindows() ? random : Path.Combine(Path.GetTempPath(), random);
        _stream = new NamedPipeServerStream(
            Name, PipeDirection.InOut, 1, PipeTransmissionMode.Byte, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);
    }

    /// <summary>The name by which the worker process finds it; nobody can guess it.</summary>
    public string Name { get; }

    /// <summary>Ends when the worker process is at the other end, or <see cref="GiveUp"/> was called.</summary>
    /// <exception cref="OperationCanceledException">It was called, and there is nobody at the other end.</exception>
    public async Task ConnectAsync()
    {
        await _stream.WaitForConnectionAsync(_nobodyComes.Token);
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(Name); // Nobody else is to come, and nothing is left if this process is killed.
        }

        _ = WriteAsync();
    }

    /// <summary>
    /// The process has ended: if it had not connected until then, the wait ends. Connections are taken in their order, so if it had,
    /// what it said is read.
    /// </summary>
    public void GiveUp()
    {
        try
        {
            using var last = new NamedPipeClientStream(".", Name, PipeDirection.InOut, PipeOptions.CurrentUserOnly);
            last.Connect(0);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException or UnauthorizedAccessException or SocketException)
        {
            // Nobody waits any more, because it had connected; or this process has no handles left, and then the wait ends by this.
            _nobodyComes.Cancel();
        }
    }

    /// <summary>Says something to the worker; nothing is waited for. One that has ended doesn't hear it, and that is seen elsewhere.</summary>
    public void Send(PipeMessage message) => _outgoing.Writer.TryWrite(message);

    /// <summary>What the worker says next; null: its process has let go of the pipe.</summary>
    /// <exception cref="ProtocolViolationException">It is nothing that a worker says.</exception>
    public async Task<PipeMessage?> ReadAsync()
    {
        try
        {
            return await PipeCodec.ReadAsync(_stream);
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        _outgoing.Writer.TryComplete();
        _stream.Dispose();
        _nobodyComes.Dispose();
    }

    private async Task WriteAsync()
    {
        try
        {
            while (await _outgoing.Reader.WaitToReadAsync())
            {
                while (_outgoing.Reader.TryRead(out var message))
                {
                    await _stream.WriteAsync(PipeCodec.Write(message));
                }
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // See Send.
        }
    }
}
