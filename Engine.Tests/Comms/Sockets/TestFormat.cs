using System.Buffers;
using System.Buffers.Binary;
using Engine.Plugins.Transports;
using Engine.Tests.Conformance;

namespace Engine.Tests.Comms.Sockets;

/// <summary>A message that nobody can write.</summary>
internal sealed class UnwritableMessage : Message;

/// <summary>Says that all has come that was sent before it on its lane.</summary>
internal sealed class MarkerMessage(int number, Lane lane) : Message
{
    public int Number => number;

    public override Lane Lane => lane;
}

/// <summary>How the messages of these tests are written: number and lane, then the body; attachments.</summary>
internal sealed class TestFormat(int version = 1) : IWireFormat
{
    public const int Numbered = 1;
    public const int Payload = 2;
    public const int Marker = 3;

    public int Version => version;

    public IWireCodec CreateCodec(ComponentRole self, ComponentRole peer) => new Codec();

    private sealed class Codec : IWireCodec
    {
        private const int HeadBytes = 5;

        public bool Accepts(int kind) => kind is Numbered or Payload or Marker;

        public int Write(Message message, IWireOutput output)
        {
            switch (message)
            {
                case NumberedMessage numbered:
                    WriteHead(output, numbered.Number, numbered.Lane);
                    return Numbered;
                case MarkerMessage marker:
                    WriteHead(output, marker.Number, marker.Lane);
                    return Marker;
                case PayloadMessage payload:
                    WriteHead(output, payload.Number, payload.Lane);
                    output.Write(payload.BodyBytes);
                    foreach (var attachment in payload.Attachments)
                    {
                        output.Attach(attachment);
                    }

                    return Payload;
                default:
                    WriteHead(output, -1, message.Lane);
                    throw new NotSupportedException($"nobody can write a {message.GetType().Name}");
            }
        }

        public Message Read(int kind, in ReadOnlySequence<byte> body, ReadOnlySpan<byte[]> attachments)
        {
            if (body.Length < HeadBytes || (kind != Payload && (body.Length > HeadBytes || attachments.Length > 0)))
            {
                throw new ProtocolViolationException($"A message of kind {kind} has {body.Length} bytes and {attachments.Length} attachments.");
            }

            Span<byte> head = stackalloc byte[HeadBytes];
            body.Slice(0, HeadBytes).CopyTo(head);
            var number = BinaryPrimitives.ReadInt32LittleEndian(head);
            var lane = head[4] switch
            {
                0 => Lane.Data,
                1 => Lane.Control,
                var other => throw new ProtocolViolationException($"There is no lane {other}."),
            };
            return kind switch
            {
                Numbered => new NumberedMessage(number, lane),
                Marker => new MarkerMessage(number, lane),
                _ => new PayloadMessage(number, lane, body.Slice(HeadBytes).ToArray(), attachments.ToArray()),
            };
        }

        private static void WriteHead(IWireOutput output, int number, Lane lane)
        {
            var span = output.GetSpan(HeadBytes);
            BinaryPrimitives.WriteInt32LittleEndian(span, number);
            span[4] = (byte)lane;
            output.Advance(HeadBytes);
        }
    }
}
