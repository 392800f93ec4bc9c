using System.Diagnostics;

namespace Engine.Nannies.Processes;

/// <summary>A worker process, seen by its nanny. It has ended when the operating system says so, whatever it says itself.</summary>
internal sealed class ChildProcess : ILaunchedWorker
{
    /// <summary>How long a process that has let go of its pipe may live on: nobody can tell it anything any more.</summary>
    private static readonly TimeSpan s_silentLimit = TimeSpan.FromSeconds(5);

    private readonly string _name;
    private readonly Process _process;
    private readonly WorkerPipe _pipe;
    private readonly WorkerLaunch _launch;
    private readonly TimeProvider _time;
    private readonly Task _conversation;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (CloseReason Reason, string Detail)? _said;
    private FailedMessage? _failed;
    private Killing? _killed;

    private ChildProcess(Process process, WorkerPipe pipe, LaunchDocument document, WorkerLaunch launch, TimeProvider time)
    {
        (_name, _process, _pipe, _launch, _time) = (document.Worker.Name, process, pipe, launch, time);
        ProcessId = process.Id;
        _conversation = ConverseAsync(document);
        Exited = FollowAsync();
    }

    /// <summary>The number of its process.</summary>
    public int ProcessId { get; }

    public WorkerId Id { get; private set; }

    /// <summary>Where its worker listens.</summary>
    public string Address { get; private set; } = string.Empty;

    /// <summary>Ends when the scheduler has let its worker in; fails when its process has ended before that.</summary>
    public Task Ready => _ready.Task;

    public Task<(CloseReason Reason, string Detail)> Exited { get; }

    public long MemoryBytes => Exited.IsCompleted ? 0 : ProcessMemory.Read(_process);

    /// <summary>Starts a process.</summary>
    /// <param name="start">What is executed, and its environment; the pipe is added.</param>
    /// <param name="document">What its worker has to know.</param>
    /// <param name="launch">Its nanny.</param>
    /// <param name="time">The clock of limits.</param>
    /// <exception cref="StartFailedException">It could not be executed.</exception>
    public static ChildProcess Start(ProcessStartInfo start, LaunchDocument document, WorkerLaunch launch, TimeProvider time)
    {
        var pipe = new WorkerPipe();
        start.Environment[WorkerProcess.PipeVariable] = pipe.Name;
        try
        {
            var process = Process.Start(start)!;
            process.StandardInput.Close(); // What is typed is not for workers.
            return new ChildProcess(process, pipe, document, launch, time);
        }
        catch (Exception exception) when (exception is System.ComponentModel.Win32Exception or IOException)
        {
            pipe.Dispose();
            throw new StartFailedException($"Worker {document.Worker.Name} did not start: {start.FileName} can't be executed: {exception.Message}", exception);
        }
    }

    public void Stop(CloseReason reason, string detail) => _pipe.Send(new StopMessage(reason, detail));

    public void Kill(CloseReason reason, string detail)
    {
        Interlocked.CompareExchange(ref _killed, new Killing(reason, detail), null);
        ProcessGroup.Kill(_process); // It may have ended, and also be so new that nobody follows it yet.
    }

    private async Task ConverseAsync(LaunchDocument document)
    {
        await _pipe.ConnectAsync();
        _pipe.Send(document);
        try
        {
            while (await _pipe.ReadAsync() is { } message)
            {
                await TakeAsync(message);
            }
        }
        catch (ProtocolViolationException exception)
        {
            Kill(CloseReason.Crashed, $"its process said what no worker says ({exception.Message}), so it was killed");
        }

        try
        {
            await _process.WaitForExitAsync().WaitAsync(s_silentLimit, _time);
        }
        catch (TimeoutException)
        {
            Kill(CloseReason.Crashed, $"its process could not be told anything any more and did not end within {s_silentLimit}, so it was killed");
        }
    }

    private async ValueTask TakeAsync(PipeMessage message)
    {
        switch (message)
        {
            case ReadyMessage ready:
                (Id, Address) = (ready.Worker, ready.Address);
                _ready.TrySetResult();
                break;
            case ReturnedMessage returned:
                Id = returned.Worker;
                _launch.TellReturned?.Invoke(Id);
                break;
            case FailedMessage failed:
                _failed = failed;
                break;
            case ClosingMessage closing:
                _said = (closing.Reason, closing.Detail);
                await _launch.TellNanny(closing.Reason, closing.Detail);
                _pipe.Send(new HeardMessage());
                break;
            case EndedMessage ended:
                _said = (ended.Reason, ended.Detail);
                break;
            default:
                throw new ProtocolViolationException($"a {message.GetType().Name} is for workers");
        }
    }

    private async Task<(CloseReason Reason, string Detail)> FollowAsync()
    {
        await _process.WaitForExitAsync();
        ProcessGroup.KillLeftBy(ProcessId);
        _pipe.GiveUp();
        await _conversation.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        var exitCode = _process.ExitCode;
        _pipe.Dispose();
        _process.Dispose();
        _ready.TrySetException(StartErrorFor(exitCode));
        return ProcessEnd.Of(_killed is { } killed ? (killed.Reason, killed.Detail) : null, _said, exitCode);
    }

    /// <summary>Why it never was ready: what its worker said, or else what became of its process.</summary>
    private EngineException StartErrorFor(int exitCode)
    {
        if (_failed is { } failed)
        {
            return failed.Reason == CloseReason.Refused
                ? new WorkerRefusedException(failed.Message)
                : new StartFailedException(
                    $"Worker {_name} did not start: {failed.Type}: {failed.Message} (its process {ProcessId} {ProcessEnd.Describe(exitCode)})",
                    new EngineException($"{failed.Type}: {failed.Message}\n{failed.Stack}"));
        }

        var why = _killed is { } killed ? killed.Detail : _said is { } said ? $"{said.Reason}: {said.Detail}" : null;
        return new StartFailedException(why is null
            ? $"Worker {_name} did not start: its process {ProcessId} {ProcessEnd.Describe(exitCode)} before its worker ran. What it wrote is in the error output of this program."
            : $"Worker {_name} did not start: {why} (its process {ProcessId} {ProcessEnd.Describe(exitCode)})");
    }

    private sealed record Killing(CloseReason Reason, string Detail);
}
