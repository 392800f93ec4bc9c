using System.Diagnostics;
using System.Threading.Tasks.Dataflow;

namespace Engine.Benchmarks.Peers;

/// <summary>TPL Dataflow: a task is a message through a block, a dependency is a link.</summary>
internal sealed class DataflowPeer() : Contender("TPL Dataflow")
{
    private static readonly DataflowLinkOptions Propagate = new() { PropagateCompletion = true };

    // Order is not part of the work, so the block need not pay for it.
    private static readonly ExecutionDataflowBlockOptions Parallel = new()
    {
        MaxDegreeOfParallelism = Parallelism,
        EnsureOrdered = false,
        SingleProducerConstrained = true,
    };

    // A block hands its results on and keeps nothing, so there is no live task to weigh.
    public override bool Supports(Scenario scenario) => scenario.Quantity != Quantity.Memory;

    public override Func<Task<object>> Prepare(Shape shape, int size) => shape switch
    {
        Shape.Submit or Shape.Map => () => SubmitAsync(size),
        Shape.Tree => () => TreeAsync(size),
        Shape.Chain => () => ChainAsync(size),
        Shape.FanOut => () => FanOutAsync(size),
        _ => throw Unsupported(shape),
    };

    public override async Task RoundTripsAsync(long[] ticks)
    {
        var block = new TransformBlock<int, int>(static x => x + 1, Parallel);
        for (var i = 0; i < ticks.Length; i++)
        {
            var start = Stopwatch.GetTimestamp();
            block.Post(i);
            var result = await block.ReceiveAsync();
            ticks[i] = Stopwatch.GetTimestamp() - start;
            Check.Equal(i + 1, result, Name);
        }
    }

    private async Task<object> SubmitAsync(int size)
    {
        var sum = 0L;
        var block = new TransformBlock<int, int>(static x => x + 1, Parallel);
        var reader = new ActionBlock<int>(result => sum += result);
        block.LinkTo(reader, Propagate);
        for (var i = 0; i < size; i++)
        {
            block.Post(i);
        }

        block.Complete();
        await reader.Completion;
        Check.Equal(Check.SumOfIncrements(size), sum, Name);
        return block;
    }

    /// <summary>A stage for each level: two results of the level below are batched and added.</summary>
    private async Task<object> TreeAsync(int leafCount)
    {
        var leaves = new TransformBlock<int, long>(static x => x + 1L, Parallel);
        ISourceBlock<long> level = leaves;
        for (var width = leafCount; width > 1; width /= 2)
        {
            var pairs = new BatchBlock<long>(2);
            var sums = new TransformBlock<long[], long>(static pair => pair[0] + pair[1], Parallel);
            level.LinkTo(pairs, Propagate);
            pairs.LinkTo(sums, Propagate);
            level = sums;
        }

        for (var i = 0; i < leafCount; i++)
        {
            leaves.Post(i);
        }

        leaves.Complete();
        Check.Equal(Check.SumOfIncrements(leafCount), await level.ReceiveAsync(), Name);
        return leaves;
    }

    /// <summary>A block for each hop, and one message that goes through all of them.</summary>
    private async Task<object> ChainAsync(int size)
    {
        var first = new TransformBlock<int, int>(static x => x + 1);
        TransformBlock<int, int> last = first;
        for (var i = 1; i < size; i++)
        {
            var next = new TransformBlock<int, int>(static x => x + 1);
            last.LinkTo(next);
            last = next;
        }

        first.Post(0);
        Check.Equal(size, await last.ReceiveAsync(), Name);
        return first;
    }

    /// <summary>A block for each reader, all linked to the block that is written once.</summary>
    private async Task<object> FanOutAsync(int size)
    {
        var shared = new WriteOnceBlock<int>(cloningFunction: null);
        var readers = new TransformBlock<int, int>[size];
        for (var i = 0; i < size; i++)
        {
            var number = i;
            readers[i] = new TransformBlock<int, int>(value => value + number);
            shared.LinkTo(readers[i]);
        }

        shared.Post(7);
        var sum = 0L;
        foreach (TransformBlock<int, int> reader in readers)
        {
            sum += await reader.ReceiveAsync();
        }

        Check.Equal(Check.SumOfReaders(size, 7), sum, Name);
        return readers;
    }
}
