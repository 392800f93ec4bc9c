namespace Engine.Benchmarks.Peers;

/// <summary><c>Parallel.For</c> into an array: no futures, no elements to cancel or retry, but what many maps need.</summary>
internal sealed class ParallelForPeer() : Contender("Parallel.For")
{
    private static readonly ParallelOptions Options = new() { MaxDegreeOfParallelism = Parallelism };

    public override bool Supports(Scenario scenario) => scenario.Shape == Shape.Map;

    public override Func<Task<object>> Prepare(Shape shape, int size)
    {
        int[] inputs = [.. Enumerable.Range(0, size)];
        return () => Task.FromResult<object>(Map(inputs));
    }

    private int[] Map(int[] inputs)
    {
        var results = new int[inputs.Length];
        Parallel.For(0, inputs.Length, Options, i => results[i] = inputs[i] + 1);

        var sum = 0L;
        foreach (var result in results)
        {
            sum += result;
        }

        Check.Equal(Check.SumOfIncrements(inputs.Length), sum, Name);
        return results;
    }
}
