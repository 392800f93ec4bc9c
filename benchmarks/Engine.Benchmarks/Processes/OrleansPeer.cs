using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Engine.Benchmarks.Processes;

/// <summary>Orleans: a silo in each of two processes, a task is a call of the client over TCP; dependencies are awaited by the caller.</summary>
internal sealed class OrleansPeer() : Contender("Orleans client calls")
{
    public const string ServerKind = "orleans";

    // More than silos, so that the client spreads its calls over both.
    private const int Grains = 16;

    private readonly ICalculator[] _calculators = new ICalculator[Grains];
    private Servers? _servers;
    private IHost? _client;

    public override bool Supports(Scenario scenario) =>
        scenario is { Quantity: Quantity.Time or Quantity.Latency or Quantity.Allocation, Shape: not Shape.Map };

    /// <summary>In a silo's process: its two ports, and the first silo's.</summary>
    public static async Task<(IAsyncDisposable? Server, string Said)> StartServerAsync(IReadOnlyList<string> ports)
    {
        int[] numbers = [.. ports.Select(static port => int.Parse(port, CultureInfo.InvariantCulture))];
        var host = Quiet().UseOrleans(silo =>
            silo.UseLocalhostClustering(numbers[0], numbers[1], new IPEndPoint(IPAddress.Loopback, numbers[2]))).Build();
        await host.StartAsync();
        return (null, "ready");
    }

    public override async Task StartAsync()
    {
        int[] ports = FreePorts(2 * Parallelism);
        int[] gateways = ports[Parallelism..];
        _servers = await Servers.StartAsync(ServerKind, PortsOf(0));
        for (var silo = 1; silo < Parallelism; silo++)
        {
            await _servers.AddAsync(ServerKind, PortsOf(silo));
        }

        _client = Quiet().UseOrleansClient(client => client
            .UseLocalhostClustering(gateways)
            .Configure<ClientMessagingOptions>(static options => options.ResponseTimeout = TimeSpan.FromMinutes(5))).Build();
        await _client.StartAsync();
        var factory = _client.Services.GetRequiredService<IGrainFactory>();
        for (var i = 0; i < Grains; i++)
        {
            _calculators[i] = factory.GetGrain<ICalculator>(i);
        }

        IEnumerable<string> PortsOf(int silo) =>
            new[] { ports[silo], gateways[silo], ports[0] }.Select(static port => port.ToString(CultureInfo.InvariantCulture));
    }

    public override Func<Task<object>> Prepare(Shape shape, int size)
    {
        switch (shape)
        {
            case Shape.Submit:
                var submitted = new Task<int>[size];
                return () => SubmitAsync(submitted);
            case Shape.Tree:
                var nodes = new Task<long>[(2 * size) - 1];
                return () => TreeAsync(nodes, size);
            case Shape.Chain:
                var links = new Task<int>[size];
                return () => ChainAsync(links);
            default:
                throw Unsupported(shape);
        }
    }

    public override async Task RoundTripsAsync(long[] ticks)
    {
        for (var i = 0; i < ticks.Length; i++)
        {
            var start = Stopwatch.GetTimestamp();
            var result = await For(i).Increment(i);
            ticks[i] = Stopwatch.GetTimestamp() - start;
            Check.Equal(i + 1, result, Name);
        }
    }

    public override async Task StopAsync()
    {
        if (_client is not null)
        {
            await _client.StopAsync();
            _client.Dispose();
            _client = null;
        }

        if (_servers is not null)
        {
            await _servers.DisposeAsync();
            _servers = null;
        }
    }

    // Nothing else of a host: its handlers would keep signals from ending the process.
    private static IHostBuilder Quiet() => new HostBuilder()
        .ConfigureLogging(static logging => logging.ClearProviders())
        .ConfigureServices(static services => services.AddSingleton<IHostLifetime, NoLifetime>());

    /// <summary>Ports that nobody listens at, a moment ago: Orleans can't be given ports of the system's choice.</summary>
    private static int[] FreePorts(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(static _ => new TcpListener(IPAddress.Loopback, 0))];
        foreach (var listener in listeners)
        {
            listener.Start();
        }

        int[] ports = [.. listeners.Select(static listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        foreach (var listener in listeners)
        {
            listener.Dispose();
        }

        return ports;
    }

    private ICalculator For(int task) => _calculators[task % Grains];

    private async Task<object> SubmitAsync(Task<int>[] tasks)
    {
        for (var i = 0; i < tasks.Length; i++)
        {
            tasks[i] = For(i).Increment(i);
        }

        var sum = 0L;
        foreach (var task in tasks)
        {
            sum += await task;
        }

        Check.Equal(Check.SumOfIncrements(tasks.Length), sum, Name);
        return tasks;
    }

    private async Task<object> TreeAsync(Task<long>[] nodes, int leafCount)
    {
        for (var i = 0; i < leafCount; i++)
        {
            nodes[i] = For(i).Add(i, 1);
        }

        for (var node = leafCount; node < nodes.Length; node++)
        {
            var left = 2 * (node - leafCount);
            nodes[node] = AddAsync(For(node), nodes[left], nodes[left + 1]);
        }

        Check.Equal(Check.SumOfIncrements(leafCount), await nodes[^1], Name);
        return nodes;

        static async Task<long> AddAsync(ICalculator calculator, Task<long> a, Task<long> b) => await calculator.Add(await a, await b);
    }

    private async Task<object> ChainAsync(Task<int>[] links)
    {
        links[0] = For(0).Increment(0);
        for (var i = 1; i < links.Length; i++)
        {
            links[i] = IncrementAsync(For(i), links[i - 1]);
        }

        Check.Equal(links.Length, await links[^1], Name);
        return links;

        static async Task<int> IncrementAsync(ICalculator calculator, Task<int> previous) => await calculator.Increment(await previous);
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
