using Engine.Plugins.Transports;
using Engine.Tests.Conformance;

namespace Engine.Tests.Comms.Sockets;

/// <summary>Hostile bytes against all that reads frames, with the messages of these tests.</summary>
public sealed class FuzzTests
{
    private static readonly int Inputs = int.Parse(
        Environment.GetEnvironmentVariable("ENGINE_FUZZ_INPUTS") ?? "1000000", System.Globalization.CultureInfo.InvariantCulture);

    [Fact]
    public void Hostile_bytes_end_in_a_violation_or_wait_for_more_and_take_no_memory_above_the_limits() =>
        FrameFuzzer.Run(new TestFormat(), Messages, Inputs, seed: 1);

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
