using Engine.Collections;
using Engine.Plugins.Transports;
using Microsoft.Extensions.ObjectPool;

namespace Engine.Protocol.Wire;

/// <summary>Writes a message.</summary>
internal delegate void WriteMessage<in T>(ref WireWriter writer, T message, WireSender sender);

/// <summary>Writes a message that refers to nothing that was written before.</summary>
internal delegate void WritePlain<in T>(ref WireWriter writer, T message);

/// <summary>Reads a message.</summary>
internal delegate T ReadMessage<out T>(ref WireReader reader, WireReceiver receiver);

/// <summary>Reads a message that refers to nothing that was read before.</summary>
internal delegate T ReadPlain<out T>(ref WireReader reader);

/// <summary>Reads the entries of a batch into an empty one.</summary>
internal delegate void ReadBatch<in T>(ref WireReader reader, T batch, WireReceiver receiver);

/// <summary>A kind of message: its number, who may send it to whom, and how it is written and read.</summary>
internal sealed record WireRow(int Kind, Type Type, WireRoutes Routes, WriteMessage<Message> Write, ReadMessage<Message> Read)
{
    /// <summary>The lane on which messages of the kind travel.</summary>
    public Lane Lane { get; init; } = Lane.Data;

    public static WireRow Message<T>(int kind, WireRoutes routes, WriteMessage<T> write, ReadMessage<T> read)
        where T : Message =>
        new(kind, typeof(T), routes, (ref writer, message, sender) => write(ref writer, (T)message, sender), (ref reader, receiver) => read(ref reader, receiver));

    public static WireRow Message<T>(int kind, WireRoutes routes, WritePlain<T> write, ReadPlain<T> read)
        where T : Message =>
        Message<T>(kind, routes, (ref writer, message, _) => write(ref writer, message), (ref reader, _) => read(ref reader));

    /// <summary>A message without content.</summary>
    public static WireRow Empty<T>(int kind, WireRoutes routes, T instance)
        where T : Message =>
        new(kind, typeof(T), routes, static (ref _, _, _) => { }, (ref _, _) => instance);

    /// <summary>A batch; it comes from its pool, and goes back there if it can't be read.</summary>
    public static WireRow Batch<T>(int kind, WireRoutes routes, WriteMessage<T> write, ReadBatch<T> read)
        where T : Message, IResettable, new() =>
        Message(kind, routes, write, (ref reader, receiver) =>
        {
            var batch = BatchPool<T>.Get();
            try
            {
                read(ref reader, batch, receiver);
                return batch;
            }
            catch
            {
                BatchPool<T>.Return(batch);
                throw;
            }
        });

    /// <summary>A question of a client: its number comes first.</summary>
    public static WireRow Request<T>(int kind, WriteMessage<T> write, ReadMessage<T> read)
        where T : Request => Message<T>(
            kind,
            WireRoutes.ClientToScheduler,
            (ref writer, request, sender) =>
            {
                writer.Int(request.RequestId);
                write(ref writer, request, sender);
            },
            (ref reader, receiver) =>
            {
                var id = reader.Int();
                var request = read(ref reader, receiver);
                request.RequestId = id;
                return request;
            });

    public static WireRow Request<T>(int kind, WritePlain<T> write, ReadPlain<T> read)
        where T : Request =>
        Request<T>(kind, (ref writer, request, _) => write(ref writer, request), (ref reader, _) => read(ref reader));

    /// <summary>A question that has nothing but its number.</summary>
    public static WireRow Request<T>(int kind)
        where T : Request, new() =>
        Request<T>(kind, static (ref _, _) => { }, static (ref _) => new T());
}
