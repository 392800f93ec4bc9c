using System.Diagnostics;

namespace Engine.Benchmarks;

/// <summary>The engine, in process, as a program that embeds it would use it.</summary>
internal class EngineContender(string name = EngineContender.EngineName) : Contender(name)
{
    public const string EngineName = "Engine";

    private IAsyncDisposable? _cluster;
    private Client? _client;

    public override bool HasRelease => true;

    private Client Client => _client ?? throw new InvalidOperationException("Not started.");

    public override bool Supports(Scenario scenario) => true;

    public override async Task StartAsync() => (_cluster, _client) = await OpenAsync();

    public override Func<Task<object>> Prepare(Shape shape, int size)
    {
        switch (shape)
        {
            case Shape.Submit:
                var submitted = new Future<int>[size];
                return () => SubmitAsync(submitted);
            case Shape.Map:
                int[] inputs = [.. Enumerable.Range(0, size)];
                return () => MapAsync(inputs);
            case Shape.Tree:
                var nodes = new Future<long>[(2 * size) - 1];
                return () => TreeAsync(nodes, size);
            case Shape.Chain:
                var links = new Future<int>[size];
                return () => ChainAsync(links);
            case Shape.FanOut:
                var readers = new Future<int>[size];
                return () => FanOutAsync(readers);
            default:
                throw Unsupported(shape);
        }
    }

    public override async Task RoundTripsAsync(long[] ticks)
    {
        for (var i = 0; i < ticks.Length; i++)
        {
            var start = Stopwatch.GetTimestamp();
            var future = Client.Submit(static (int x) => x + 1, i);
            var result = await future;
            ticks[i] = Stopwatch.GetTimestamp() - start;
            future.Dispose();
            Check.Equal(i + 1, result, Name);
        }
    }

    public override async Task<Func<Task<byte[]>>> PrepareTransferAsync(int bytes)
    {
        var value = Client.Submit(static (int length) => LargeValue.Make(length), bytes);
        await Client.WaitAsync([value]);
        return async () =>
        {
            using (value)
            {
                return await value;
            }
        };
    }

    public override async Task ReleaseAsync(object held)
    {
        Client.Release((IEnumerable<Future>)held);

        // Order is kept on the way to the scheduler: when this task is done, the release has been handled.
        using var barrier = Client.Submit(static (int x) => x + 1, 0);
        Check.Equal(1, await barrier, Name);
    }

    public override async Task StopAsync()
    {
        if (_client is not null)
        {
            await _client.DisposeAsync();
            _client = null;
        }

        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
            _cluster = null;
        }
    }

    /// <summary>Starts a cluster and connects a client.</summary>
    protected virtual async Task<(IAsyncDisposable Cluster, Client Client)> OpenAsync()
    {
        var cluster = await LocalCluster.StartAsync(new LocalClusterOptions { Workers = Parallelism, ThreadsPerWorker = 1 });
        return (cluster, await cluster.ConnectAsync());
    }

    private async Task<object> SubmitAsync(Future<int>[] futures)
    {
        for (var i = 0; i < futures.Length; i++)
        {
            futures[i] = Client.Submit(static (int x) => x + 1, i);
        }

        Check.Equal(Check.SumOfIncrements(futures.Length), Sum(await Client.GatherAsync(futures)), Name);
        return futures;
    }

    private async Task<object> MapAsync(int[] inputs)
    {
        var map = Client.Map(static (int x) => x + 1, inputs);
        Check.Equal(Check.SumOfIncrements(inputs.Length), Sum(await Client.GatherAsync(map)), Name);
        return map;
    }

    private async Task<object> TreeAsync(Future<long>[] nodes, int leafCount)
    {
        for (var i = 0; i < leafCount; i++)
        {
            nodes[i] = Client.Submit(static (int x) => x + 1L, i);
        }

        // Nodes are stored level after level, so that the inputs of node n are 2 (n - leafCount) and the next.
        for (var node = leafCount; node < nodes.Length; node++)
        {
            var left = 2 * (node - leafCount);
            nodes[node] = Client.Submit(static (long a, long b) => a + b, nodes[left], nodes[left + 1]);
        }

        Check.Equal(Check.SumOfIncrements(leafCount), await nodes[^1], Name);
        return nodes;
    }

    private async Task<object> ChainAsync(Future<int>[] links)
    {
        links[0] = Client.Submit(static (int x) => x + 1, 0);
        for (var i = 1; i < links.Length; i++)
        {
            links[i] = Client.Submit(static (int x) => x + 1, links[i - 1]);
        }

        Check.Equal(links.Length, await links[^1], Name);
        return links;
    }

    private async Task<object> FanOutAsync(Future<int>[] readers)
    {
        using var shared = Client.Submit(static (int x) => x + 1, 6);
        for (var i = 0; i < readers.Length; i++)
        {
            readers[i] = Client.Submit(static (int value, int number) => value + number, shared, i);
        }

        Check.Equal(Check.SumOfReaders(readers.Length, 7), Sum(await Client.GatherAsync(readers)), Name);
        return readers;
    }

    private static long Sum(int[] values)
    {
        var sum = 0L;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum;
    }
}
