using System.Text;

namespace Engine.Data.Serialization;

/// <summary>A number that tells types apart, the same in every process: it goes with a value, so that nobody reads it as another type.</summary>
/// <remarks>FNV-1a, 64 bits (Fowler, Noll, Vo), of the type's name without versions of assemblies.</remarks>
internal static class TypeStamp<T>
{
    public static readonly ulong Value = TypeStamp.Of(typeof(T));
}

/// <inheritdoc cref="TypeStamp{T}"/>
internal static class TypeStamp
{
    public static ulong Of(Type type)
    {
        var name = new StringBuilder();
        Append(name, type);
        var hash = 14695981039346656037UL;
        foreach (var character in name.ToString())
        {
            hash = (hash ^ character) * 1099511628211UL;
        }

        return hash;
    }

    private static void Append(StringBuilder name, Type type)
    {
        if (type.IsArray)
        {
            Append(name.Append('[').Append(type.GetArrayRank()).Append(']'), type.GetElementType()!);
            return;
        }

        name.Append(type.Namespace).Append('.').Append(type.DeclaringType?.FullName).Append('+').Append(type.Name);
        foreach (var argument in type.GenericTypeArguments)
        {
            Append(name.Append('<'), argument);
        }
    }
}
