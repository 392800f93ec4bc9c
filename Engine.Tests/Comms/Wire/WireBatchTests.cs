using System.Buffers;
using Engine.Collections;
using Engine.Data;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Protocol.Wire;
using Engine.Tasks;
using Engine.Tests.TestKit.Wire;

namespace Engine.Tests.Comms.Wire;

/// <summary>Batches are what most bytes are: small, and read and written without an object for each task.</summary>
public sealed class WireBatchTests
{
    private static readonly ConstantWork s_work = new(DataValue.From(1L));

    [Fact]
    public void A_task_to_run_takes_few_bytes() => Assert.InRange(BytesPerEntry(ComputeSome), 1, 5);

    [Fact]
    public void A_finished_task_takes_few_bytes_beside_its_value() => Assert.InRange(BytesPerEntry(FinishSome), 1, 6.1);

    [Fact]
    public void A_submitted_task_takes_few_bytes() => Assert.InRange(BytesPerEntry(SubmitSome), 1, 2);

    [Fact]
    public void Writing_and_reading_batches_allocates_nothing_for_a_task()
    {
        Assert.InRange(AllocatedPerEntry(ComputeSome), 0, 1);
        Assert.InRange(AllocatedPerEntry(FinishSome), 0, 1);
        Assert.InRange(AllocatedPerEntry(SubmitSome), 0, 1);
        Assert.InRange(AllocatedPerEntry(FreeSome), 0, 1);
    }

    [Theory]
    [InlineData(typeof(ReleaseKeys))]
    [InlineData(typeof(KeyNotices))]
    [InlineData(typeof(ComputeBatch))]
    [InlineData(typeof(FreeKeys))]
    [InlineData(typeof(AcquireReplicas))]
    [InlineData(typeof(FinishedBatch))]
    [InlineData(typeof(StealResponse))]
    [InlineData(typeof(ReplicasAdded))]
    public void A_batch_that_says_it_has_more_than_256_is_a_violation(Type batch) => Assert.Throws<ProtocolViolationException>(
        () => WireLink.For(batch).Read(new WireBytes(WireKinds.Find(batch)!.Kind, [0x81, 0x02, .. new byte[2000]], [])));

    [Fact]
    public void A_submission_that_says_it_has_more_than_256_is_a_violation() => Assert.Throws<ProtocolViolationException>(
        () => WireLink.For(typeof(SubmitBatch)).Read(new WireBytes(WireKinds.Find(typeof(SubmitBatch))!.Kind, [0, 0x81, 0x02, .. new byte[2000]], [])));

    [Theory]
    [InlineData(255, 2)]
    [InlineData(256, 257)]
    public void A_run_that_leaves_its_page_is_a_violation(long sequence, int count)
    {
        var link = WireLink.For(typeof(FinishedBatch));
        var bytes = link.Write(WireSamples.Batch<FinishedBatch>(batch => batch.Add(
            new FinishedTask { Key = WireSamples.Key(1, sequence), Count = count, Attempt = 1, HasValue = true, Values = WireSamples.Rented(count) })));
        Assert.Throws<ProtocolViolationException>(() => link.Read(bytes));
    }

    [Fact]
    public void A_batch_that_was_written_is_given_back()
    {
        var batch = BatchPool<FreeKeys>.Get();
        batch.Add(new TaskAttempt { Key = WireSamples.Key(1, 1), Attempt = 1 });
        WireLink.For(typeof(FreeKeys)).Write(batch);
        Assert.Equal(0, batch.Count);
    }

    [Fact]
    public void A_batch_that_could_not_be_read_leaves_nothing_in_the_pool()
    {
        var link = WireLink.For(typeof(FinishedBatch));
        var bytes = link.Write(FinishSome());
        Assert.Throws<ProtocolViolationException>(() => link.Read(bytes with { Body = bytes.Body[..^1] }));
        Assert.Throws<ProtocolViolationException>(() => link.Read(bytes with { Body = [.. bytes.Body, 0] }));
        var batch = BatchPool<FinishedBatch>.Get();
        Assert.Equal((0, default(TaskKey)), (batch.Count, batch.Entries[0].Key));
    }

    /// <summary>Every third task of a client, as it is with three workers.</summary>
    private static Message ComputeSome() => WireSamples.Batch<ComputeBatch>(static batch =>
    {
        for (var i = 0; i < ComputeBatch.Capacity; i++)
        {
            batch.Add(new ComputeTask { Key = WireSamples.Key(1, 100_000 + (3 * i)), Work = s_work, Order = 500_000 + (3 * i), Count = 1, Attempt = 1 });
        }
    });

    private static Message FinishSome() => WireSamples.Batch<FinishedBatch>(static batch =>
    {
        for (var i = 0; i < FinishedBatch.Capacity; i++)
        {
            batch.Add(new FinishedTask { Key = WireSamples.Key(1, 100_000 + (3 * i)), Count = 1, Attempt = 1, NBytes = SizeOf.Slot, Seconds = 1e-6f * i });
        }
    });

    private static Message SubmitSome() => WireSamples.Batch<SubmitBatch>(static batch =>
    {
        batch.First = WireSamples.Key(1, 100_000);
        for (var i = 0; i < SubmitBatch.Capacity; i++)
        {
            batch.Add(s_work, null);
        }
    });

    private static Message FreeSome() => WireSamples.Batch<FreeKeys>(static batch =>
    {
        for (var i = 0; i < FreeKeys.Capacity; i++)
        {
            batch.Add(new TaskAttempt { Key = WireSamples.Key(1, i), Attempt = 1 });
        }
    });

    private static double BytesPerEntry(Func<Message> make)
    {
        var message = make();
        return (double)WireLink.For(message.GetType()).Write(message).Body.Length / FreeKeys.Capacity;
    }

    private static double AllocatedPerEntry(Func<Message> make)
    {
        const int rounds = 20;
        var link = WireLink.For(make().GetType());
        var output = new ReusedOutput();
        long before = 0;
        for (var i = -2; i < rounds; i++)
        {
            before = i == 0 ? GC.GetAllocatedBytesForCurrentThread() : before;
            output.Count = 0;
            var kind = link.Sender.Write(make(), output);
            MessagePools.Return(link.Receiver.Read(kind, new ReadOnlySequence<byte>(output.Buffer, 0, output.Count), []));
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)(rounds * FreeKeys.Capacity);
    }

    /// <summary>Memory that is there already.</summary>
    private sealed class ReusedOutput : IWireOutput
    {
        public byte[] Buffer { get; } = new byte[1 << 16];

        public int Count { get; set; }

        public void Advance(int count) => Count += count;

        public Memory<byte> GetMemory(int sizeHint = 0) => Buffer.AsMemory(Count);

        public Span<byte> GetSpan(int sizeHint = 0) => Buffer.AsSpan(Count);

        public void Attach(ReadOnlyMemory<byte> bytes) => throw new NotSupportedException("Nothing here is large.");
    }
}
