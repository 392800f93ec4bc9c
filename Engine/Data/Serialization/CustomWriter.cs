using System.Buffers;
using Engine.Plugins;

namespace Engine.Data.Serialization;

/// <summary>By a serializer of the user's.</summary>
internal sealed class CustomWriter<T>(IValueSerializer serializer) : ValueWriter<T>
{
    public override ValueFormat Format => ValueFormat.Custom;

    public override void Write(T value, IBufferWriter<byte> output)
    {
        try
        {
            serializer.Write(value, output);
        }
        catch (Exception exception) when (exception is not ValueSerializationException)
        {
            throw new ValueSerializationException($"A {typeof(T)} could not be written by {serializer.GetType()}: {exception.Message}", exception);
        }
    }

    public override T Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return serializer.Read<T>(bytes);
        }
        catch (Exception exception) when (exception is not ValueSerializationException)
        {
            throw new ValueSerializationException($"A {typeof(T)} could not be read by {serializer.GetType()}: {exception.Message}", exception);
        }
    }
}
