using System.Globalization;
using Engine.Plugins.Transports;
using Engine.Protocol.Wire;
using Engine.Tests.Conformance;
using Engine.Tests.TestKit.Wire;

namespace Engine.Tests.Comms.Sockets;

/// <summary>Hostile bytes against all that reads frames.</summary>
public sealed class FuzzTests
{
    private const int LongBytes = 400;

    private static readonly string? s_inputs = Environment.GetEnvironmentVariable("ENGINE_FUZZ_INPUTS");
    private static readonly TransportLimits s_limits = new() { BodyBytesMax = 4096, MessageBytesMax = 16_384, AttachmentsMax = 16, WindowBytes = 8192 };

    private static readonly TransportLimits s_engineLimits = new() { BodyBytesMax = 32_768, MessageBytesMax = 131_072, AttachmentsMax = 16, WindowBytes = 65_536 };

    [Fact]
    public void Hostile_bytes_end_in_a_violation_or_wait_for_more_and_take_no_memory_above_the_limits() =>
        new FrameFuzzer(new TestFormat(), s_limits, static _ => 64 << 10).Run(
            [FuzzStream.Write(new TestFormat(), ComponentRole.Client, ComponentRole.Scheduler, Messages())], InputsOr(200_000), seed: 1);

    [Fact]
    public void So_they_do_with_all_messages_of_the_engine()
    {
        var streams = Streams().ToList();
        Assert.Equal(WireKinds.Rows.Select(static row => row.Kind).Order(), streams.SelectMany(static stream => stream.Messages).Select(static message => message.Kind).Distinct().Order());
        var isLong = streams.ToLookup(static stream => stream.Messages.Sum(static message => message.Body.Length) > LongBytes);
        var fuzzer = new FrameFuzzer(WireLink.Format, s_engineLimits, static bytes => (1 << 20) + (64L * bytes));

        // Long ones take as long as a hundred short ones, and what is special about them is their length.
        fuzzer.Run([.. isLong[true]], InputsOr(1_000_000) / 100, seed: 2);
        fuzzer.Run([.. isLong[false]], InputsOr(1_000_000), seed: 3);
    }

    private static int InputsOr(int usual) => s_inputs is null ? usual : int.Parse(s_inputs, CultureInfo.InvariantCulture);

    /// <summary>For each route, streams of up to three samples.</summary>
    private static IEnumerable<FuzzStream> Streams() =>
        from pair in WireLink.Pairs()
        let route = WireRoute.Of(pair.From, pair.To)
        where route != WireRoutes.None
        from samples in WireSamples.All.Where(sample => (WireKinds.Find(sample().GetType())!.Routes & route) != 0).Chunk(3)
        select FuzzStream.Write(WireLink.Format, pair.From, pair.To, samples.Select(static sample => sample()));

    private static Message[] Messages() =>
    [
        new NumberedMessage(1, Lane.Data),
        new NumberedMessage(2, Lane.Control),
        new MarkerMessage(3, Lane.Data),
        new PayloadMessage(4, Lane.Data, []),
        new PayloadMessage(5, Lane.Control, [1, 2, 3], [4], [], [5, 6]),
        new PayloadMessage(6, Lane.Data, new byte[100], new byte[50], new byte[200]),
        new PayloadMessage(7, Lane.Control, [], []),
        new PayloadMessage(8, Lane.Data, new byte[300]),
    ];
}
