using System.IO.Pipes;

namespace Engine.Nannies.Processes;

/// <summary>
/// The worker's end of the pipe to its nanny. Its end is the end of the nanny's process, and then this process ends at once, with all
/// that it has started. It is read by a thread of its own, which runs no code of users: a worker whose functions hold all threads of
/// the pool notices too.
/// </summary>
internal sealed class ParentPipe : INannyLine
{
    private const int ConnectMilliseconds = 10_000;
    private readonly NamedPipeClientStream _stream;
    private readonly Lock _writing = new();
    private readonly TaskCompletionSource<LaunchDocument> _launch = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Action<CloseReason, string>> _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ParentPipe(NamedPipeClientStream stream) => _stream = stream;

    /// <summary>What the nanny says first; fails if that can't be understood.</summary>
    public Task<LaunchDocument> Launch => _launch.Task;

    /// <summary>Connects to the nanny.</summary>
    /// <param name="name">The pipe's name.</param>
    /// <exception cref="IOException">The pipe is not there, or somebody else's.</exception>
    /// <exception cref="TimeoutException">Nobody is at the other end.</exception>
    public static ParentPipe Connect(string name)
    {
        var stream = new NamedPipeClientStream(
            ".", name, PipeDirection.InOut, PipeOptions.CurrentUserOnly | (OperatingSystem.IsWindows() ? PipeOptions.Asynchronous : PipeOptions.None));
        stream.Connect(ConnectMilliseconds);
        var pipe = new ParentPipe(stream);
        new Thread(pipe.Read) { IsBackground = true, Name = "engine nanny pipe" }.Start();
        return pipe;
    }

    /// <summary>Says something to the nanny. A nanny that can't hear it is gone, and the reading thread sees that.</summary>
    public void Send(PipeMessage message)
    {
        var bytes = PipeCodec.Write(message);
        lock (_writing)
        {
            try
            {
                _stream.Write(bytes);
            }
            catch (IOException)
            {
                // See above.
            }
        }
    }

    /// <summary>Says that the worker closes; ends when the nanny has heard it.</summary>
    public Task TellClosingAsync(CloseReason reason, string detail)
    {
        Send(new ClosingMessage(reason, detail));
        return _heard.Task;
    }

    public void TellReturned(WorkerId worker) => Send(new ReturnedMessage(worker));

    /// <summary>Says who is to be asked to end; also if the nanny has asked already.</summary>
    public void OnStop(Action<CloseReason, string> stop) => _stop.TrySetResult(stop);

    private void Read()
    {
        try
        {
            while (PipeCodec.Read(_stream) is { } message)
            {
                Take(message);
            }
        }
        catch (IOException)
        {
            // The same as an end.
        }
        catch (ProtocolViolationException exception)
        {
            // Only a nanny of another version speaks so. A worker that runs is of no use if it can't be told anything.
            if (_launch.TrySetException(exception))
            {
                return;
            }
        }

        ProcessGroup.KillOwn();
    }

    private void Take(PipeMessage message)
    {
        switch (message)
        {
            case LaunchDocument launch:
                _launch.TrySetResult(launch);
                break;
            case HeardMessage:
                _heard.TrySetResult();
                break;
            case StopMessage stop:
                _ = StopAsync(stop);
                break;
        }
    }

    /// <summary>Not on this thread: who is asked to end may run code of users there and then.</summary>
    private async Task StopAsync(StopMessage message)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        (await _stop.Task)(message.Reason, message.Detail);
    }
}
