using Engine.Plugins;

namespace Engine.Tests.TestKit;

/// <summary>A store that counts what it does, tells when it has written so many values, and does what the test wants instead.</summary>
internal sealed class WatchedStore : ISpillStore
{
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _awaitedWrites;
    private int _writes;
    private int _reads;
    private int _isUsed;

    /// <param name="awaitedWrites">How many writes <see cref="Written"/> waits for.</param>
    public WatchedStore(int awaitedWrites = 1) => _awaitedWrites = awaitedWrites;

    /// <summary>What keeps the values.</summary>
    public FileSpillStore Files { get; } = new();

    /// <summary>Ends when as many values are written as the test awaits.</summary>
    public Task Written => _written.Task.Within($"{_awaitedWrites} values are written");

    public int Writes => Volatile.Read(ref _writes);

    public int Reads => Volatile.Read(ref _reads);

    public bool IsDisposed { get; private set; }

    /// <summary>Called before a value is written, with the token; null: nothing.</summary>
    public Func<CancellationToken, Task>? Writing { get; set; }

    /// <summary>Called before a value is read; null: nothing.</summary>
    public Action? Reading { get; set; }

    public bool CanStore(object value) => Files.CanStore(value);

    public async ValueTask<long> WriteAsync(TaskKey key, object value, CancellationToken cancellationToken)
    {
        using var use = Use();
        if (Writing is { } writing)
        {
            await writing(cancellationToken);
        }

        var bytes = await Files.WriteAsync(key, value, cancellationToken);
        if (Interlocked.Increment(ref _writes) == _awaitedWrites)
        {
            _written.TrySetResult();
        }

        return bytes;
    }

    public async ValueTask<object> ReadAsync(TaskKey key, CancellationToken cancellationToken)
    {
        using var use = Use();
        Reading?.Invoke();
        Interlocked.Increment(ref _reads);
        return await Files.ReadAsync(key, cancellationToken);
    }

    public async ValueTask DeleteAsync(TaskKey key, CancellationToken cancellationToken)
    {
        using var use = Use();
        await Files.DeleteAsync(key, cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return Files.DisposeAsync();
    }

    /// <summary>A store is used by one at a time.</summary>
    private InUse Use()
    {
        Assert.Equal(0, Interlocked.Exchange(ref _isUsed, 1));
        return new InUse(this);
    }

    private readonly struct InUse(WatchedStore store) : IDisposable
    {
        public void Dispose() => Volatile.Write(ref store._isUsed, 0);
    }
}
