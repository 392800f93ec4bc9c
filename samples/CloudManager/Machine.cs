namespace CloudManager;

/// <summary>A machine of the simulated cloud. What runs on it ends with it.</summary>
/// <param name="id">Its name in the cloud.</param>
/// <param name="tag">What it was rented for: the name of a worker.</param>
internal sealed class Machine(string id, string tag)
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Action? _powerOff;
    private bool _isOff;

    public string Id { get; } = id;

    public string Tag { get; } = tag;

    /// <summary>Whether nobody needs it any more. It goes on until the cloud takes it.</summary>
    public bool IsReturned { get; set; }

    /// <summary>Ends when the machine is gone.</summary>
    public Task Gone => _gone.Task;

    /// <summary>Runs something.</summary>
    /// <param name="powerOff">Ends it as the end of its machine does: without a word. Called at once if the machine is gone already.</param>
    public void Run(Action powerOff)
    {
        lock (_gate)
        {
            if (!_isOff)
            {
                _powerOff = powerOff;
                return;
            }
        }

        powerOff();
    }

    /// <summary>Takes the machine away. Idempotent.</summary>
    public void PowerOff()
    {
        Action? powerOff;
        lock (_gate)
        {
            _isOff = true;
            (powerOff, _powerOff) = (_powerOff, null);
        }

        powerOff?.Invoke();
        _gone.TrySetResult();
    }
}
