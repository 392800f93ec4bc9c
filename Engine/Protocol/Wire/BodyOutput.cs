using System.Buffers;
using Engine.Plugins.Transports;

namespace Engine.Protocol.Wire;

/// <summary>Keeps what is written, with its attachments.</summary>
internal sealed class BodyOutput : IWireOutput
{
    private readonly ArrayBufferWriter<byte> _body = new();
    private readonly List<ReadOnlyMemory<byte>> _attachments = [];

    public ReadOnlyMemory<byte> Body => _body.WrittenMemory;

    public IReadOnlyList<ReadOnlyMemory<byte>> Attachments => _attachments;

    public void Advance(int count) => _body.Advance(count);

    public Memory<byte> GetMemory(int sizeHint = 0) => _body.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => _body.GetSpan(sizeHint);

    public void Attach(ReadOnlyMemory<byte> bytes) => _attachments.Add(bytes);

    /// <summary>Writes it all again.</summary>
    public void CopyTo(ref WireWriter writer)
    {
        writer.Raw(_body.WrittenSpan);
        _attachments.ForEach(writer.Output.Attach);
    }
}
