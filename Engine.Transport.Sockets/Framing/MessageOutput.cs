using System.Buffers;
using Engine.Plugins.Transports;

namespace Engine.Transport.Sockets.Framing;

/// <summary>
/// Where a codec writes one message: straight into the output's memory, behind room for a header, while there is room. Nothing
/// is committed before the message is complete, so a codec that fails leaves no trace.
/// </summary>
internal sealed class MessageOutput(TransportLimits limits) : IWireOutput
{
    /// <summary>Room for a frame's header and a message's kind.</summary>
    public const int HeadBytes = FrameLayout.HeaderBytes + 1;

    private const int RoomBytes = 8192;

    private readonly List<ReadOnlyMemory<byte>> _attachments = [];
    private Memory<byte> _memory;
    private byte[]? _rented;
    private int _position;

    public IReadOnlyList<ReadOnlyMemory<byte>> Attachments => _attachments;

    public long AttachmentBytes { get; private set; }

    public int BodyBytes => _position - HeadBytes;

    /// <summary>Whether the body is still in the output's own memory.</summary>
    public bool IsInPlace => _rented is null;

    public ReadOnlyMemory<byte> Body => _memory[HeadBytes.._position];

    /// <summary>Header, kind and body.</summary>
    public Memory<byte> Whole => _memory[.._position];

    public void Begin(IBufferWriter<byte> output)
    {
        _memory = output.GetMemory(RoomBytes);
        _position = HeadBytes;
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _memory.Length - _position);
        _position += count;
        if (BodyBytes > limits.BodyBytesMax)
        {
            throw new InvalidOperationException(
                $"A message has a body of {BodyBytes} bytes or more; {limits.BodyBytesMax} are allowed. Attach what is large, or raise TransportLimits.BodyBytesMax.");
        }
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        var needed = _position + Math.Max(1, sizeHint);
        if (needed > _memory.Length)
        {
            MoveOut(needed);
        }

        return _memory[_position..];
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Attach(ReadOnlyMemory<byte> bytes)
    {
        if (_attachments.Count == limits.AttachmentsMax)
        {
            throw new InvalidOperationException(
                $"A message has more than {limits.AttachmentsMax} attachments. Send several messages, or raise TransportLimits.AttachmentsMax.");
        }

        _attachments.Add(bytes);
        AttachmentBytes += bytes.Length;
    }

    /// <summary>Moves what was written into memory of its own.</summary>
    public void MoveOut(int needed)
    {
        var rented = ArrayPool<byte>.Shared.Rent(Math.Max(needed, (int)Math.Min(2L * _position, Array.MaxLength)));
        _memory.Span[.._position].CopyTo(rented);
        Return();
        _memory = _rented = rented;
    }

    /// <summary>Lets go of the message.</summary>
    public void End()
    {
        Return();
        _memory = default;
        _position = 0;
        _attachments.Clear();
        AttachmentBytes = 0;
    }

    private void Return()
    {
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
            _rented = null;
        }
    }
}
