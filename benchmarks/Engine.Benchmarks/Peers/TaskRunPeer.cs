using System.Diagnostics;

namespace Engine.Benchmarks.Peers;

/// <summary>
/// <c>Task.Run</c> with an input and a result, and <c>await</c> wherever a task needs another's
/// result: what a .NET program does without any engine.
/// </summary>
internal sealed class TaskRunPeer() : Contender("Task.Run<T> + await")
{
    public override bool Supports(Scenario scenario) => true;

    public override Func<Task<object>> Prepare(Shape shape, int size)
    {
        switch (shape)
        {
            case Shape.Submit:
                var submitted = new Task<int>[size];
                return () => SubmitAsync(submitted);
            case Shape.Map:
                int[] inputs = [.. Enumerable.Range(0, size)];
                var mapped = new Task<int>[size];
                return () => MapAsync(inputs, mapped);
            case Shape.Tree:
                var nodes = new Task<long>[(2 * size) - 1];
                return () => TreeAsync(nodes, size);
            case Shape.Chain:
                var links = new Task<int>[size];
                return () => ChainAsync(links);
            case Shape.FanOut:
                var readers = new Task<int>[size];
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
            var input = i;
            var result = await Task.Run(() => input + 1);
            ticks[i] = Stopwatch.GetTimestamp() - start;
            Check.Equal(i + 1, result, Name);
        }
    }

    private async Task<object> SubmitAsync(Task<int>[] tasks)
    {
        for (var i = 0; i < tasks.Length; i++)
        {
            var input = i;
            tasks[i] = Task.Run(() => input + 1);
        }

        Check.Equal(Check.SumOfIncrements(tasks.Length), await SumAsync(tasks), Name);
        return tasks;
    }

    private async Task<object> MapAsync(int[] inputs, Task<int>[] tasks)
    {
        for (var i = 0; i < tasks.Length; i++)
        {
            var input = inputs[i];
            tasks[i] = Task.Run(() => input + 1);
        }

        Check.Equal(Check.SumOfIncrements(tasks.Length), await SumAsync(tasks), Name);
        return tasks;
    }

    private async Task<object> TreeAsync(Task<long>[] nodes, int leafCount)
    {
        for (var i = 0; i < leafCount; i++)
        {
            var input = i;
            nodes[i] = Task.Run(() => input + 1L);
        }

        for (var node = leafCount; node < nodes.Length; node++)
        {
            var left = 2 * (node - leafCount);
            nodes[node] = AddAsync(nodes[left], nodes[left + 1]);
        }

        Check.Equal(Check.SumOfIncrements(leafCount), await nodes[^1], Name);
        return nodes;

        static async Task<long> AddAsync(Task<long> a, Task<long> b) => await a + await b;
    }

    private async Task<object> ChainAsync(Task<int>[] links)
    {
        links[0] = Task.Run(static () => 1);
        for (var i = 1; i < links.Length; i++)
        {
            links[i] = IncrementAsync(links[i - 1]);
        }

        Check.Equal(links.Length, await links[^1], Name);
        return links;

        static async Task<int> IncrementAsync(Task<int> previous) => await previous + 1;
    }

    private async Task<object> FanOutAsync(Task<int>[] readers)
    {
        var shared = Task.Run(static () => 7);
        for (var i = 0; i < readers.Length; i++)
        {
            // Without Task.Run all readers would run on the caller, one after another.
            var number = i;
            readers[i] = Task.Run(async () => await shared + number);
        }

        Check.Equal(Check.SumOfReaders(readers.Length, 7), await SumAsync(readers), Name);
        return readers;
    }

    private static async Task<long> SumAsync(Task<int>[] tasks)
    {
        var sum = 0L;
        foreach (var task in tasks)
        {
            sum += await task;
        }

        return sum;
    }
}
