using System.Runtime.InteropServices;

namespace Engine.Host;

/// <summary>What a host asks for with signals: SIGTERM or SIGINT once to end in order, twice to hurry.</summary>
internal sealed class Shutdown : IDisposable
{
    private readonly CancellationTokenSource _asked = new();
    private readonly CancellationTokenSource _hurried = new();
    private readonly PosixSignalRegistration[] _registrations;

    public Shutdown() => _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal), PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal)];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Asked => _asked.Token;

    /// <summary>Cancelled by the second.</summary>
    public CancellationToken Hurried => _hurried.Token;

    /// <summary>Ends with the first signal.</summary>
    public Task WhenAsked()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked.Token.Register(asked.SetResult);
        return asked.Task;
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _asked.Dispose();
        _hurried.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true; // The process ends by itself, with the exit code that tells why.
        _ = (_asked.IsCancellationRequested ? _hurried : _asked).CancelAsync();
    }
}
