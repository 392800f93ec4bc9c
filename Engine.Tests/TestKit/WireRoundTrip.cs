using System.Buffers;
using Engine.Data;
using Engine.Data.Serialization;
using Engine.Protocol.Wire;
using Engine.Tasks;
using Engine.Tasks.Remote;

namespace Engine.Tests.TestKit;

/// <summary>Sends work and values from one side to another within the test, as bytes.</summary>
internal sealed class WireRoundTrip
{
    private readonly ValueSerializers _serializers = new();
    private readonly RemoteCalls _calls;
    private readonly WorkCodec _writing;
    private readonly WorkCodec _reading;

    /// <param name="assemblies">Where functions are looked for; null: in this process.</param>
    public WireRoundTrip(ProgramAssemblies? assemblies = null)
    {
        _calls = new RemoteCalls(_serializers);
        _writing = new WorkCodec(new WireContext(_serializers, null));
        var other = new ValueSerializers();
        _reading = new WorkCodec(new WireContext(other, new FunctionBinder(assemblies ?? ProgramAssemblies.OfThisProcess(), other)));
    }

    /// <summary>Bytes of what was sent last.</summary>
    public int LastBytes { get; private set; }

    public TaskWork Send(TaskWork work)
    {
        var output = new BodyOutput();
        var writer = new WireWriter(output);
        _writing.Write(ref writer, _calls.ToRemote(work));
        writer.Complete();
        LastBytes = output.Body.Length;
        var reader = ReaderOf(output);
        var read = _reading.Read(ref reader);
        reader.End();
        return read;
    }

    /// <summary>Sends a value that a function has returned.</summary>
    public DataValue SendValue<T>(T value)
    {
        var output = new BodyOutput();
        var writer = new WireWriter(output);
        ValueCodec.Write(ref writer, _serializers.Admit<T>(DataValue.From(value)), _serializers);
        writer.Complete();
        LastBytes = output.Body.Length;
        var reader = ReaderOf(output);
        var read = ValueCodec.Read(ref reader, new ValueSerializers());
        reader.End();
        return read;
    }

    private static WireReader ReaderOf(BodyOutput output) =>
        new(new ReadOnlySequence<byte>(output.Body), output.Attachments.Select(static bytes => bytes.ToArray()).ToArray());
}
