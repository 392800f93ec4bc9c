using Engine.Tasks;
using Engine.Tasks.Remote;

namespace Engine.Protocol.Wire;

/// <summary>
/// Writes and reads what tasks run. One for each direction of a lane: functions, and work that many tasks share, are written in
/// full when they come first and by their place in a table after that.
/// </summary>
internal sealed class WorkCodec(WireContext context)
{
    /// <summary>Places in either table. A program has not many more functions, and what is thrown out is only written again.</summary>
    private const int Places = 1024;

    /// <summary>Places for maps, which hold all their values.</summary>
    private const int MapPlaces = 8;

    private readonly InternWriter<TaskWork> _worksOut = new(Places, ReferenceEqualityComparer.Instance);
    private readonly InternReader<TaskWork> _worksIn = new(Places);
    private readonly InternWriter<TaskWork> _mapsOut = new(MapPlaces, ReferenceEqualityComparer.Instance);
    private readonly InternReader<TaskWork> _mapsIn = new(MapPlaces);
    private readonly InternWriter<FunctionReference> _functionsOut = new(Places, EqualityComparer<FunctionReference>.Default);
    private readonly InternReader<FunctionReference> _functionsIn = new(Places);

    private enum Kind : byte
    {
        /// <summary>Work that stands for many tasks.</summary>
        Shared,

        /// <summary>Likewise, a map.</summary>
        Map,

        /// <summary>Work of one task.</summary>
        Single,
        Alias,
        Constant,

        /// <summary>An object by its number in the process, see <see cref="Data.Serialization.IProcessHandles"/>.</summary>
        Handle,
    }

    private enum FunctionKind : byte
    {
        Reference,
        Assembly,
        Handle,
    }

    public void Write(ref WireWriter writer, TaskWork work)
    {
        switch (work)
        {
            case RemoteWork { IsMap: true } map:
                writer.Byte((byte)Kind.Map);
                WriteShared(ref writer, map, _mapsOut);
                break;
            case RemoteWork { IsShared: true } shared:
                writer.Byte((byte)Kind.Shared);
                WriteShared(ref writer, shared, _worksOut);
                break;
            case RemoteWork single:
                writer.Byte((byte)Kind.Single);
                WriteWork(ref writer, single);
                break;
            case AliasWork:
                writer.Byte((byte)Kind.Alias);
                break;
            case ConstantWork constant:
                writer.Byte((byte)Kind.Constant);
                ValueCodec.Write(ref writer, constant.Value, context);
                break;
            case var other when context.Serializers.Handles is { } handles && handles.Keeps(other):
                writer.Byte((byte)Kind.Handle);
                writer.Int(handles.Put(other));
                break;
            default:
                throw new FunctionNotPortableException($"{work.Function} was not made ready for another process.");
        }
    }

    public TaskWork Read(ref WireReader reader)
    {
        switch ((Kind)reader.Byte())
        {
            case Kind.Shared:
                return ReadShared(ref reader, _worksIn);
            case Kind.Map:
                return ReadShared(ref reader, _mapsIn);
            case Kind.Single:
                return context.Bind(ReadWork(ref reader));
            case Kind.Alias:
                return AliasWork.Instance;
            case Kind.Constant:
                return new ConstantWork(ValueCodec.Read(ref reader, context));
            case Kind.Handle when context.Serializers.Handles is { } handles:
                return handles.Get(reader.Int()) as TaskWork ?? throw new ProtocolViolationException("A number is no work's.");
            case var other:
                throw new ProtocolViolationException($"There is no kind {(int)other} of work.");
        }
    }

    /// <summary>A function that is no task: what makes a plugin. A delegate, or a reference; or an assembly that is handed out like one.</summary>
    /// <exception cref="FunctionNotPortableException">It can't run in another process.</exception>
    public void WriteFunction(ref WireWriter writer, object function)
    {
        if (function is AssemblyImage image)
        {
            writer.Byte((byte)FunctionKind.Assembly);
            writer.Text(image.Name);
            writer.Bytes(image.Hash);
            writer.Blob(image.Bytes);
        }
        else if (context.Serializers.Handles is { } handles && handles.Keeps(function))
        {
            writer.Byte((byte)FunctionKind.Handle);
            writer.Int(handles.Put(function));
        }
        else
        {
            writer.Byte((byte)FunctionKind.Reference);
            WriteReference(ref writer, function as FunctionReference ?? FunctionDescriber.Describe((Delegate)function));
        }
    }

    /// <summary>What <see cref="WriteFunction"/> has written; a delegate, if there is such a function here and functions are run here.</summary>
    public object ReadFunction(ref WireReader reader)
    {
        switch ((FunctionKind)reader.Byte())
        {
            case FunctionKind.Reference:
                return context.TryBindDelegate(ReadReference(ref reader));
            case FunctionKind.Assembly:
                return new AssemblyImage(reader.TextNotNull(), reader.Bytes(), reader.Blob());
            case FunctionKind.Handle when context.Serializers.Handles is { } handles:
                return handles.Get(reader.Int());
            case var other:
                throw new ProtocolViolationException($"There is no kind {(int)other} of functions.");
        }
    }

    private void WriteShared(ref WireWriter writer, RemoteWork work, InternWriter<TaskWork> table)
    {
        if (!table.TryWrite(ref writer, work))
        {
            WriteWork(ref writer, work);
        }
    }

    /// <summary>What could not be bound when it came is tried again: its assembly may have come meanwhile.</summary>
    private TaskWork ReadShared(ref WireReader reader, InternReader<TaskWork> table) =>
        table.Read(ref reader) is not { } known ? table.Add(context.Bind(ReadWork(ref reader)))
        : known is RemoteWork unbound ? context.Bind(unbound)
        : known;

    private void WriteWork(ref WireWriter writer, RemoteWork work)
    {
        WriteReference(ref writer, work.Reference);
        writer.Blob(work.Body);
        writer.Count(work.Attachments.Length);
        foreach (var attachment in work.Attachments)
        {
            writer.Blob(attachment);
        }
    }

    private RemoteWork ReadWork(ref WireReader reader)
    {
        var reference = ReadReference(ref reader);
        var body = reader.Blob();
        var attachments = new ReadOnlyMemory<byte>[reader.Items()];
        for (var i = 0; i < attachments.Length; i++)
        {
            attachments[i] = reader.Blob();
        }

        return new RemoteWork(reference, body, attachments);
    }

    private void WriteReference(ref WireWriter writer, FunctionReference reference)
    {
        if (!_functionsOut.TryWrite(ref writer, reference))
        {
            writer.Text(reference.Name);
            writer.Byte((byte)reference.Traits);
            writer.Bytes(reference.Description);
        }
    }

    private FunctionReference ReadReference(ref WireReader reader)
    {
        if (_functionsIn.Read(ref reader) is { } known)
        {
            return known;
        }

        var (name, traits) = (reader.TextNotNull(), (CallTraits)reader.Byte());
        return (traits & ~CallTraits.All) == 0
            ? _functionsIn.Add(context.Intern(new FunctionReference(name, traits, reader.Bytes())))
            : throw new ProtocolViolationException($"There are no traits {(int)traits} of calls.");
    }
}
