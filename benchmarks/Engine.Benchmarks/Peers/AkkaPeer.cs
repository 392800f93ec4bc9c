using System.Diagnostics;
using Akka.Actor;
using Akka.Routing;

namespace Engine.Benchmarks.Peers;

/// <summary>Akka.NET: a pool of actors, a task is an <c>Ask</c>; dependencies are awaited by the caller.</summary>
internal class AkkaPeer(string name = "Akka.NET ask") : Contender(name)
{
    private ActorSystem? _system;
    private IActorRef _pool = ActorRefs.Nobody;

    public override bool Supports(Scenario scenario) => true;

    public override async Task StartAsync() => (_system, _pool) = await OpenAsync();

    public override Func<Task<object>> Prepare(Shape shape, int size)
    {
        switch (shape)
        {
            case Shape.Submit or Shape.Map:
                var submitted = new Task<int>[size];
                return () => SubmitAsync(submitted);
            case Shape.Tree:
                var nodes = new Task<long>[(2 * size) - 1];
                return () => TreeAsync(nodes, size);
            case Shape.Chain:
                var links = new Task<int>[size];
                return () => ChainAsync(links);
            case Shape.FanOut:
                var readers = new Task<long>[size];
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
            var result = await _pool.Ask<int>(i);
            ticks[i] = Stopwatch.GetTimestamp() - start;
            Check.Equal(i + 1, result, Name);
        }
    }

    public override async Task StopAsync()
    {
        if (_system is not null)
        {
            await _system.Terminate();
            _system = null;
            _pool = ActorRefs.Nobody;
        }
    }

    /// <summary>Starts the system of this process, and whatever calculates.</summary>
    protected virtual Task<(ActorSystem System, IActorRef Pool)> OpenAsync()
    {
        var system = ActorSystem.Create("benchmark", "akka { loglevel = OFF, stdout-loglevel = OFF }");
        var calculator = Props.Create(static () => new Calculator());
        return Task.FromResult((system, system.ActorOf(calculator.WithRouter(new RoundRobinPool(Parallelism)))));
    }

    private async Task<object> SubmitAsync(Task<int>[] tasks)
    {
        for (var i = 0; i < tasks.Length; i++)
        {
            tasks[i] = _pool.Ask<int>(i);
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
            nodes[i] = _pool.Ask<long>(new Addition(i, 1));
        }

        for (var node = leafCount; node < nodes.Length; node++)
        {
            var left = 2 * (node - leafCount);
            nodes[node] = AddAsync(_pool, nodes[left], nodes[left + 1]);
        }

        Check.Equal(Check.SumOfIncrements(leafCount), await nodes[^1], Name);
        return nodes;

        static async Task<long> AddAsync(IActorRef pool, Task<long> a, Task<long> b) =>
            await pool.Ask<long>(new Addition(await a, await b));
    }

    private async Task<object> ChainAsync(Task<int>[] links)
    {
        links[0] = _pool.Ask<int>(0);
        for (var i = 1; i < links.Length; i++)
        {
            links[i] = IncrementAsync(_pool, links[i - 1]);
        }

        Check.Equal(links.Length, await links[^1], Name);
        return links;

        static async Task<int> IncrementAsync(IActorRef pool, Task<int> previous) => await pool.Ask<int>(await previous);
    }

    private async Task<object> FanOutAsync(Task<long>[] readers)
    {
        var shared = _pool.Ask<int>(6);
        for (var i = 0; i < readers.Length; i++)
        {
            readers[i] = ReadAsync(_pool, shared, i);
        }

        var sum = 0L;
        foreach (var reader in readers)
        {
            sum += await reader;
        }

        Check.Equal(Check.SumOfReaders(readers.Length, 7), sum, Name);
        return readers;

        static async Task<long> ReadAsync(IActorRef pool, Task<int> shared, int number) =>
            await pool.Ask<long>(new Addition(await shared, number));
    }

    protected sealed record Addition(long Left, long Right);

    protected sealed class Calculator : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case int value:
                    Sender.Tell(value + 1);
                    break;
                case Addition addition:
                    Sender.Tell(addition.Left + addition.Right);
                    break;
                default:
                    Unhandled(message);
                    break;
            }
        }
    }
}
