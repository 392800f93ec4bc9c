using System.Buffers;
using System.Globalization;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Protocol.Wire;
using Engine.Tests.TestKit.Wire;

namespace Engine.Tests.Comms.Wire;

/// <summary>Whatever comes over a connection: it is a message, or a violation; and memory stays within what the bytes justify.</summary>
public sealed class WireFuzzTests
{
    private const int Seed = 4711;
    private const int AllocatedMax = 1 << 20;
    private const int AllocatedPerByteMax = 64;
    private const int InputsPerCodec = 8;

    /// <summary>How many inputs, over all kinds.</summary>
    private static readonly int InputCount = int.Parse(Environment.GetEnvironmentVariable("ENGINE_FUZZ_INPUTS") ?? "200000", CultureInfo.InvariantCulture);

    [Fact]
    public void Spoilt_messages_are_read_or_refused_and_take_no_more_memory_than_they_may()
    {
        var samples = WireSamples.All.Select(static sample => (sample().GetType(), sample)).ToLookup(
            static pair => pair.Item1, static pair => WireLink.For(pair.Item1).Write(pair.sample()).Body);
        var mutator = new ByteMutator(new Random(Seed));
        var (read, refused) = (0, 0);
        foreach (var row in WireKinds.Rows)
        {
            var (from, to) = WireLink.RolesOf(row.Routes);
            byte[][] bodies = [.. samples[row.Type]];
            IWireCodec? codec = null;
            for (var i = 0; i <= InputCount / WireKinds.Rows.Count; i++)
            {
                codec = i % InputsPerCodec == 0 || codec is null ? WireLink.Format.CreateCodec(to, from) : codec;
                if (Feed(codec, row, mutator.Mutate(mutator.Choose(bodies), mutator.Choose(bodies))))
                {
                    read++;
                }
                else
                {
                    refused++;
                }
            }
        }

        // Spoilt in ways that get far, and in ways that don't.
        Assert.True(read > InputCount / 50, $"{read} were read");
        Assert.True(refused > InputCount / 4, $"{refused} were refused");
    }

    private static bool Feed(IWireCodec codec, WireRow row, byte[] body)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Message? message = null;
        try
        {
            message = codec.Read(row.Kind, new ReadOnlySequence<byte>(body), []);
        }
        catch (ProtocolViolationException)
        {
        }
        catch (Exception other)
        {
            Assert.Fail($"{row.Type.Name}, {Convert.ToHexString(body)}: {other}");
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < AllocatedMax + (AllocatedPerByteMax * (long)body.Length), $"{row.Type.Name}, {body.Length} bytes took {allocated}: {Convert.ToHexString(body)}");
        if (message is null)
        {
            return false;
        }

        MessagePools.Return(message);
        return true;
    }
}
