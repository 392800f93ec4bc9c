using Engine.Plugins.Transports;

namespace Engine.Tests.Conformance;

/// <summary>A message with bytes: some in its body, some attached.</summary>
public sealed class PayloadMessage(int number, Lane lane, byte[] body, params byte[][] attachments) : Message
{
    public int Number { get; } = number;

    public IReadOnlyList<byte> Body { get; } = body;

    public IReadOnlyList<byte[]> Attachments { get; } = attachments;

    public override Lane Lane { get; } = lane;

    public byte[] BodyBytes => body;

    /// <summary>Bytes that differ from place to place, the same for the same seed.</summary>
    public static byte[] Bytes(int count, int seed)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
