using System.Buffers.Binary;
using Engine.Plugins.Transports;

namespace Engine.Transport.Sockets.Handshakes;

/// <summary>How the two sides of a connection come to trust each other.</summary>
[Flags]
internal enum Authentication : byte
{
    None = 0,

    /// <summary>Both prove that they know the secret.</summary>
    Secret = 1,

    /// <summary>Both have shown a certificate, when TLS was set up.</summary>
    Certificates = 2,
}

/// <summary>The first bytes of each side: who it is and what it speaks. Always as many, so that nothing is to be trusted before it is read.</summary>
internal sealed record Hello(int FormatVersion, ComponentIdentity Identity, Authentication Authentication, uint WindowBytes, ReadOnlyMemory<byte> Nonce)
{
    public const int Bytes = 80;

    public const int NonceBytes = 32;

    /// <summary>Changes whenever the bytes of a connection mean something else, but for those of a hello up to this number.</summary>
    public const ushort TransportVersion = 1;

    private static ReadOnlySpan<byte> Magic => "EngSock\n"u8;

    /// <summary>The transport's version of the side that says hello.</summary>
    public ushort Version { get; init; } = TransportVersion;

    public void Write(Span<byte> bytes)
    {
        bytes[..Bytes].Clear();
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[8..], Version);
        bytes[10] = (byte)Identity.Role;
        bytes[11] = (byte)Authentication;
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], FormatVersion);
        Identity.Id.TryWriteBytes(bytes[16..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[32..], Identity.Incarnation);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[40..], WindowBytes);
        Nonce.Span.CopyTo(bytes[48..]);
    }

    /// <summary>Reads a hello.</summary>
    /// <returns>Null if this is none.</returns>
    public static Hello? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Bytes || !bytes.StartsWith(Magic))
        {
            return null;
        }

        var identity = new ComponentIdentity(
            (ComponentRole)bytes[10],
            new Guid(bytes.Slice(16, 16), bigEndian: true),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]));
        return new Hello(
            BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
            identity,
            (Authentication)bytes[11],
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[40..]),
            bytes.Slice(48, NonceBytes).ToArray())
        {
            Version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]),
        };
    }
}
