namespace Engine;

/// <summary>A client that is connected when it is first needed, for parts of the engine that ask the scheduler like any program.</summary>
internal sealed class LazyClient(Func<Task<Client>> connect) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private Task<Client>? _client;
    private bool _isClosed;

    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public Task<Client> GetAsync()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            return _client ??= connect();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task<Client>? client;
        lock (_gate)
        {
            _isClosed = true;
            client = _client;
        }

        if (client is not null)
        {
            await ((Task)client).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (client.IsCompletedSuccessfully)
            {
                await client.Result.DisposeAsync();
            }
        }
    }
}
