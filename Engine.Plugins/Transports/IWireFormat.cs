using System.Buffers;

namespace Engine.Plugins.Transports;

/// <summary>How the engine's messages are written as bytes: what a transport that crosses processes is given, so that it need not know them.</summary>
public interface IWireFormat
{
    /// <summary>Changes whenever the same message would be written in another way. Two sides with different versions don't talk.</summary>
    int Version { get; }

    /// <summary>Makes the codec of one lane of one connection.</summary>
    /// <param name="self">What this end is.</param>
    /// <param name="peer">What the other end is.</param>
    /// <returns>A codec that has seen nothing yet.</returns>
    IWireCodec CreateCodec(ComponentRole self, ComponentRole peer);
}

/// <summary>
/// Writes and reads the messages of one lane of one connection. It may refer to what it has written before, so messages are to
/// be read in the order in which they were written, all of them. Writing and reading are independent of each other; neither is
/// called by two threads at once.
/// </summary>
public interface IWireCodec
{
    /// <summary>Writes a message, and gives it back to its pool if it has one: it must not be used any more.</summary>
    /// <param name="message">The message.</param>
    /// <param name="output">Where to.</param>
    /// <returns>The number of the message's kind, from 1 to 255; the other side needs it to read the message.</returns>
    int Write(Message message, IWireOutput output);

    /// <summary>Whether the other end, being what it is, may send messages of a kind. Asked before anything of the message is read.</summary>
    /// <param name="kind">The number of the kind; may be one that doesn't exist.</param>
    bool Accepts(int kind);

    /// <summary>Reads a message.</summary>
    /// <param name="kind">The number of its kind; one that is accepted.</param>
    /// <param name="body">What was written, without the attachments. Valid for the call.</param>
    /// <param name="attachments">What was attached, in order; the message keeps them.</param>
    /// <returns>The message.</returns>
    /// <exception cref="ProtocolViolationException">The bytes are no such message.</exception>
    Message Read(int kind, in ReadOnlySequence<byte> body, ReadOnlySpan<byte[]> attachments);
}

/// <summary>Where a message is written to.</summary>
public interface IWireOutput : IBufferWriter<byte>
{
    /// <summary>Adds many bytes without copying them: they travel behind the message's body, in pieces, and arrive as an array of their own.</summary>
    /// <param name="bytes">The bytes; they must not change any more.</param>
    void Attach(ReadOnlyMemory<byte> bytes);
}
