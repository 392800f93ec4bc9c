namespace Engine.Benchmarks.Soak;

/// <summary>
/// Work whose results are known: scattered data, results that are read again after a while, and tasks over both. A value that is
/// wrong, or that takes longer than a minute, ends the soak; one that is lost is noted.
/// </summary>
internal sealed class SoakLoad(Client client, int seed)
{
    private const int Values = 8;
    private const int Results = 40;
    private const int ValueBytes = 2000; // Too large to travel with the news: it stays with its workers.
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);
    private readonly List<TaskKey> _lost = [];
    private int _rounds;
    private long _read;

    /// <summary>Rounds that have ended.</summary>
    public int Rounds => _rounds;

    /// <summary>Values that were read, and right.</summary>
    public long Read => _read;

    /// <summary>What was lost, as its futures said.</summary>
    public IReadOnlyList<TaskKey> Lost => _lost;

    /// <summary>Round after round, until the token ends it after a round.</summary>
    public async Task RunAsync(int lane, CancellationToken stop)
    {
        var random = new Random(HashCode.Combine(seed, lane));
        while (!stop.IsCancellationRequested)
        {
            var start = random.Next(1_000_000);
            if (await ScatterAsync(start) is { } scattered)
            {
                await RoundAsync(start, scattered, TimeSpan.FromMilliseconds(random.Next(1500)));
            }

            Interlocked.Increment(ref _rounds);
        }
    }

    /// <summary>Null: what was scattered was gone before that was acknowledged.</summary>
    private async Task<IReadOnlyList<Future<byte[]>>?> ScatterAsync(int start)
    {
        try
        {
            return await client.ScatterManyAsync(Enumerable.Range(start, Values).Select(ValueOf)).WaitAsync(s_limit);
        }
        catch (LostDataException exception)
        {
            NoteLost(exception.Key);
            return null;
        }
    }

    private async Task RoundAsync(int start, IReadOnlyList<Future<byte[]>> scattered, TimeSpan rest)
    {
        var results = Enumerable.Range(start, Results).Select(number => client.Submit(static (int x) => ValueOf(x), number)).ToList();
        await client.WaitAsync(results).WaitAsync(s_limit);
        await Task.Delay(rest, TimeProvider.System); // So that workers leave while they hold something.
        var sums = results.Select((result, i) => client.Submit(static (byte[] x, byte[] y) => Sum(x) + Sum(y), result, scattered[i % Values])).ToList();
        for (var i = 0; i < Results; i++)
        {
            await CheckAsync(sums[i], Sum(ValueOf(start + i)) + Sum(ValueOf(start + (i % Values))), static sum => sum);
            await CheckAsync(results[i], Sum(ValueOf(start + i)), Sum);
        }

        for (var i = 0; i < Values; i++)
        {
            await CheckAsync(scattered[i], Sum(ValueOf(start + i)), Sum);
        }

        client.Release(sums);
        client.Release(results);
        client.Release(scattered);
    }

    private async Task CheckAsync<T>(Future<T> future, long expected, Func<T, long> sumOf)
    {
        try
        {
            Check.Equal(expected, sumOf(await future.AsTask().WaitAsync(s_limit)), $"the value of {future.Key}");
            Interlocked.Increment(ref _read);
        }
        catch (LostDataException exception)
        {
            NoteLost(exception.Key);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The value of {future.Key} was not there within {s_limit}: {string.Join("; ", await client.StoryAsync(future))}");
        }
    }

    private void NoteLost(TaskKey key)
    {
        lock (_lost)
        {
            _lost.Add(key);
        }
    }

    private static byte[] ValueOf(int number)
    {
        var value = new byte[ValueBytes];
        BitConverter.TryWriteBytes(value, number);
        return value;
    }

    private static long Sum(byte[] value) => BitConverter.ToInt32(value);
}
