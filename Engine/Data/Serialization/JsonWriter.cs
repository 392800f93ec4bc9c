using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Engine.Data.Serialization;

/// <summary>By System.Text.Json. What would come back as something else than it was is refused, with the member that is to blame.</summary>
internal sealed class JsonWriter<T> : ValueWriter<T>
{
    private readonly JsonTypeInfo<T> _info;

    /// <param name="options">How: the engine's own (<see cref="JsonContract.Options"/>), or those of a source-generated context.</param>
    /// <exception cref="ValueSerializationException">Values of the type can't be written, or would not come back whole.</exception>
    public JsonWriter(JsonSerializerOptions options)
    {
        new JsonContract(options).Check(typeof(T));
        _info = (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
    }

    public override ValueFormat Format => ValueFormat.Json;

    public override void Write(T value, IBufferWriter<byte> output)
    {
        try
        {
            using var writer = new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true });
            JsonSerializer.Serialize(writer, value, _info);
        }
        catch (Exception exception)
        {
            throw new ValueSerializationException($"A {typeof(T)} can't leave the process: {exception.Message}", exception);
        }
    }

    public override T Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes.Span, _info)!;
        }
        catch (Exception exception)
        {
            throw new ValueSerializationException($"What came is no {typeof(T)}: {exception.Message}", exception);
        }
    }
}

/// <summary>What is asked of a type before its values are written as JSON.</summary>
internal sealed class JsonContract(JsonSerializerOptions options)
{
    /// <summary>By reflection.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        IncludeFields = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        MaxDepth = 256,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    /// <summary>Looks through a type and all that it is made of.</summary>
    /// <exception cref="ValueSerializationException">A member of it can't be written, or can't be read back.</exception>
    public void Check(Type type) => Check(type, type.Name, []);

    private void Check(Type type, string path, HashSet<Type> seen)
    {
        if (!seen.Add(type))
        {
            return;
        }

        var info = InfoOf(type, path);
        switch (info.Kind)
        {
            case JsonTypeInfoKind.Object:
                CheckObject(info, path, seen);
                break;
            case JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary when info.ElementType is { } element:
                Check(element, $"{path}[]", seen);
                break;
            case JsonTypeInfoKind.None when type == typeof(object):
                throw Refusal(path, type, "anything may be in it, so nobody can say how it is read");
        }
    }

    private JsonTypeInfo InfoOf(Type type, string path)
    {
        if (typeof(Delegate).IsAssignableFrom(type) || type.IsPointer || type.IsByRefLike || typeof(Type).IsAssignableFrom(type)
            || type == typeof(nint) || type == typeof(nuint) || typeof(Task).IsAssignableFrom(type) || typeof(Stream).IsAssignableFrom(type))
        {
            throw Refusal(path, type, "it only means something in its own process");
        }

        try
        {
            return options.GetTypeInfo(type);
        }
        catch (Exception exception) when (exception is NotSupportedException or InvalidOperationException)
        {
            throw Refusal(path, type, exception.Message);
        }
    }

    private void CheckObject(JsonTypeInfo info, string path, HashSet<Type> seen)
    {
        var type = info.Type;
        if (info.PolymorphismOptions is null && (type.IsAbstract || type.IsInterface))
        {
            throw Refusal(path, type, "it is abstract, so nobody can say what to make when it is read");
        }

        if (info.CreateObject is null && info.ConstructorAttributeProvider is null)
        {
            throw Refusal(path, type, "it has no constructor that could be used to read it");
        }

        var isEmpty = true;
        foreach (var property in info.Properties)
        {
            if (property.Get is null)
            {
                continue;
            }

            isEmpty = false;
            var place = $"{path}.{property.Name}";
            if (property.Set is null && property.AssociatedParameter is null)
            {
                throw Refusal(place, property.PropertyType, "it can be read but not set, so it would be lost. Give it an init accessor or a parameter of the constructor, or mark it [JsonIgnore]");
            }

            Check(property.PropertyType, place, seen);
        }

        const System.Reflection.BindingFlags fields = System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Public;
        if (isEmpty && type.GetFields(fields).Length > 0)
        {
            throw Refusal(path, type, "it has no public members, so all that it holds would be lost");
        }
    }

    private static ValueSerializationException Refusal(string path, Type type, string why) => new(
        $"{path} is a {type}, which can't leave the process: {why}. Use a type of plain data, or give it a serializer with [ValueSerializer].");
}
