using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Protocol.Wire;
using Engine.Tests.TestKit.Wire;

namespace Engine.Tests.Comms.Wire;

/// <summary>What is written is read again, field by field.</summary>
public sealed class WireRoundTripTests
{
    public static TheoryData<string> Kinds => [.. WireKinds.Rows.Select(static row => row.Type.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_message_arrives_as_it_was_sent(string kind)
    {
        var samples = SamplesOf(kind).ToList();
        Assert.NotEmpty(samples);
        var link = WireLink.For(samples[0]().GetType());
        foreach (var sample in samples.Concat(samples))
        {
            var bytes = link.Write(sample());
            var read = link.Read(bytes);
            Assert.Equal(ObjectText.Of(sample()), ObjectText.Of(read));
            MessagePools.Return(read);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_message_arrives_in_pieces_of_any_size(string kind)
    {
        foreach (var sample in SamplesOf(kind))
        {
            var link = WireLink.For(sample().GetType());
            var read = link.ReadInPieces(link.Write(sample()), size: 1);
            Assert.Equal(ObjectText.Of(sample()), ObjectText.Of(read));
            MessagePools.Return(read);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_message_with_a_byte_too_many_or_too_few_is_a_violation(string kind)
    {
        foreach (var sample in SamplesOf(kind))
        {
            var type = sample().GetType();
            var bytes = WireLink.For(type).Write(sample());
            Assert.Throws<ProtocolViolationException>(() => WireLink.For(type).Read(bytes with { Body = [.. bytes.Body, 0] }));
            if (bytes.Body.Length > 0)
            {
                Assert.Throws<ProtocolViolationException>(() => WireLink.For(type).Read(bytes with { Body = bytes.Body[..^1] }));
            }
        }
    }

    private static IEnumerable<Func<Message>> SamplesOf(string kind) => WireSamples.All.Where(sample => sample().GetType().Name == kind);
}
