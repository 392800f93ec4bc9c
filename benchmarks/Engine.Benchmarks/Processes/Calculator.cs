using Orleans.Concurrency;

namespace Engine.Benchmarks.Processes;

/// <summary>The functions of Orleans' contender. Its code generator needs them to be public.</summary>
public interface ICalculator : IGrainWithIntegerKey
{
    Task<int> Increment(int value);

    Task<long> Add(long left, long right);
}

/// <summary>Stateless, so that a call is run by the process which it reaches first: the shortest way that Orleans has.</summary>
[StatelessWorker(1)]
public sealed class Calculator : Grain, ICalculator
{
    public Task<int> Increment(int value) => Task.FromResult(value + 1);

    public Task<long> Add(long left, long right) => Task.FromResult(left + right);
}
