using System.Buffers;
using Engine.Plugins.Transports;

namespace Engine.Transport.Sockets.Framing;

/// <summary>
/// Makes the messages of one lane out of frames. What is announced is checked against the limits; memory is taken as bytes
/// come: a body grows with what has come, an attachment's array is made when its first byte has come.
/// </summary>
internal sealed class MessageAssembler(Lane lane, IWireCodec codec, TransportLimits limits)
{
    private const int BodyBytesMin = 4096;

    private int _kind;
    private byte[] _body = [];
    private int _bodyBytes;
    private int _bodyWanted;
    private byte[]?[] _attachments = [];
    private int[] _lengths = [];
    private int _attachment;
    private int _attachmentBytes;

    /// <summary>Whether a message was announced and has not come completely.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>Reads a message that came whole.</summary>
    public Message ReadWhole(in ReadOnlySequence<byte> payload)
    {
        CheckFree();
        var kind = CheckKind(payload.FirstSpan[0]);
        return Read(kind, payload.Slice(1), []);
    }

    /// <summary>Reads the announcement of a message.</summary>
    /// <returns>The message, if it has no bytes.</returns>
    public Message? Start(in ReadOnlySequence<byte> payload)
    {
        CheckFree();
        var reader = new SequenceReader<byte>(payload);
        reader.TryRead(out var kind);
        _kind = CheckKind(kind);
        _bodyWanted = ReadNumber(ref reader);
        if (_bodyWanted > limits.BodyBytesMax)
        {
            throw new ProtocolViolationException($"A message's body of {_bodyWanted} bytes was announced; {limits.BodyBytesMax} are allowed.");
        }

        var count = ReadNumber(ref reader);
        if (count > limits.AttachmentsMax || count > reader.Remaining)
        {
            throw new ProtocolViolationException(
                $"{count} attachments were announced, with the lengths of at most {reader.Remaining}; {limits.AttachmentsMax} are allowed.");
        }

        ReadLengths(ref reader, count);
        IsBusy = true;
        return TryComplete();
    }

    /// <summary>Takes the next bytes of the announced message.</summary>
    /// <returns>The message, if these were its last.</returns>
    public Message? Add(ReadOnlySequence<byte> bytes)
    {
        if (!IsBusy)
        {
            throw new ProtocolViolationException($"A piece came on the {lane} lane, where no message was announced.");
        }

        var body = (int)Math.Min(bytes.Length, _bodyWanted - _bodyBytes);
        if (body > 0)
        {
            Grow(_bodyBytes + body);
            bytes.Slice(0, body).CopyTo(_body.AsSpan(_bodyBytes));
            _bodyBytes += body;
            bytes = bytes.Slice(body);
        }

        while (!bytes.IsEmpty)
        {
            bytes = bytes.Slice(AddToAttachment(bytes));
        }

        return TryComplete();
    }

    /// <summary>Lets go of what has come of a message.</summary>
    public void Release()
    {
        if (_body.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_body);
        }

        (_body, _bodyBytes, _bodyWanted, _attachments, _lengths, _attachment, _attachmentBytes) = ([], 0, 0, [], [], 0, 0);
        IsBusy = false;
    }

    private void CheckFree()
    {
        if (IsBusy)
        {
            throw new ProtocolViolationException($"A message came on the {lane} lane before the one that was announced was complete.");
        }
    }

    private byte CheckKind(byte kind) => codec.Accepts(kind)
        ? kind
        : throw new ProtocolViolationException($"A message of kind {kind} came, which the other side may not send.");

    private static int ReadNumber(ref SequenceReader<byte> reader)
    {
        uint number = 0;
        for (var shift = 0; shift < 35 && reader.TryRead(out var next); shift += 7)
        {
            number |= (uint)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return shift < 28 || next < 8
                    ? (int)number
                    : throw new ProtocolViolationException($"A length above {int.MaxValue} was announced.");
            }
        }

        throw new ProtocolViolationException("The announcement of a message is cut off, or has a number of more than 5 bytes.");
    }

    private void ReadLengths(ref SequenceReader<byte> reader, int count)
    {
        var total = (long)_bodyWanted;
        var lengths = count == 0 ? [] : new int[count];
        for (var i = 0; i < count; i++)
        {
            total += lengths[i] = ReadNumber(ref reader);
            if (lengths[i] > Array.MaxLength || total > limits.MessageBytesMax)
            {
                throw new ProtocolViolationException($"A message of at least {total} bytes was announced; {limits.MessageBytesMax} are allowed.");
            }
        }

        if (total > limits.MessageBytesMax || reader.Remaining > 0)
        {
            throw new ProtocolViolationException(
                $"A message of {total} bytes was announced, {limits.MessageBytesMax} are allowed; {reader.Remaining} bytes follow its announcement, 0 are allowed.");
        }

        _lengths = lengths;
        _attachments = count == 0 ? [] : new byte[]?[count];
    }

    private void Grow(int needed)
    {
        if (needed <= _body.Length)
        {
            return;
        }

        var grown = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max(needed, BodyBytesMin), Math.Max(2L * _body.Length, needed)));
        _body.AsSpan(0, _bodyBytes).CopyTo(grown);
        if (_body.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_body);
        }

        _body = grown;
    }

    private int AddToAttachment(ReadOnlySequence<byte> bytes)
    {
        SkipEmpty();
        if (_attachment == _lengths.Length)
        {
            throw new ProtocolViolationException($"{bytes.Length} bytes came on the {lane} lane behind the end of the message that was announced.");
        }

        var array = _attachments[_attachment] ??= GC.AllocateUninitializedArray<byte>(_lengths[_attachment]);
        var count = (int)Math.Min(bytes.Length, array.Length - _attachmentBytes);
        bytes.Slice(0, count).CopyTo(array.AsSpan(_attachmentBytes));
        _attachmentBytes += count;
        if (_attachmentBytes == array.Length)
        {
            _attachment++;
            _attachmentBytes = 0;
        }

        return count;
    }

    private void SkipEmpty()
    {
        while (_attachment < _lengths.Length && _lengths[_attachment] == 0)
        {
            _attachments[_attachment++] = [];
        }
    }

    private Message? TryComplete()
    {
        SkipEmpty();
        if (_bodyBytes < _bodyWanted || _attachment < _lengths.Length)
        {
            return null;
        }

        var message = Read(_kind, new ReadOnlySequence<byte>(_body, 0, _bodyBytes), _attachments!); // All of them are there.
        Release();
        return message;
    }

    private Message Read(int kind, in ReadOnlySequence<byte> body, ReadOnlySpan<byte[]> attachments)
    {
        var message = codec.Read(kind, body, attachments);
        return message.Lane == lane
            ? message
            : throw new ProtocolViolationException($"A {message.GetType().Name} came on the {lane} lane; it travels on the {message.Lane} lane.");
    }
}
