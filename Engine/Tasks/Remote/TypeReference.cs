using System.Reflection;
using Engine.Protocol.Wire;

namespace Engine.Tasks.Remote;

/// <summary>
/// Writes and reads which type is meant. A type of the program's is named by its assembly, the build of that, and its number there;
/// one of the framework or of the engine by its name, and looked for only there.
/// </summary>
internal static class TypeReference
{
    private const int DepthMax = 32;
    private const int ArgumentsMax = 64;

    private enum Kind : byte
    {
        Framework,
        Engine,
        Program,
        Array,
    }

    /// <exception cref="FunctionNotPortableException">The type can't be named in another process.</exception>
    public static void Write(ref WireWriter writer, Type type)
    {
        if (type.IsArray)
        {
            writer.Byte((byte)Kind.Array);
            writer.Count(type.IsSZArray ? 0 : type.GetArrayRank());
            Write(ref writer, type.GetElementType()!);
            return;
        }

        if (type.IsPointer || type.IsByRef || type.IsGenericParameter || type.IsFunctionPointer)
        {
            throw new FunctionNotPortableException($"{type} can't be named in another process.");
        }

        var definition = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        var assembly = definition.Assembly;
        if (ProgramAssemblies.IsFramework(assembly) || ProgramAssemblies.IsEngine(assembly))
        {
            writer.Byte((byte)(ProgramAssemblies.IsEngine(assembly) ? Kind.Engine : Kind.Framework));
            writer.Text(definition.FullName);
        }
        else
        {
            writer.Byte((byte)Kind.Program);
            AssemblyReference.Write(ref writer, assembly);
            writer.Count(definition.MetadataToken);
        }

        var arguments = type.IsGenericType ? type.GetGenericArguments() : [];
        writer.Count(arguments.Length);
        foreach (var argument in arguments)
        {
            Write(ref writer, argument);
        }
    }

    /// <exception cref="FunctionBindingException">There is no such type here, or not in the same build.</exception>
    public static Type Read(ref WireReader reader, ProgramAssemblies assemblies) => Read(ref reader, assemblies, DepthMax);

    private static Type Read(ref WireReader reader, ProgramAssemblies assemblies, int depth)
    {
        if (depth == 0)
        {
            throw new ProtocolViolationException($"Types are nested more than {DepthMax} deep.");
        }

        Type definition;
        switch ((Kind)reader.Byte())
        {
            case Kind.Array:
                var rank = reader.Count(32);
                var element = Read(ref reader, assemblies, depth - 1);
                return rank == 0 ? element.MakeArrayType() : element.MakeArrayType(rank);
            case Kind.Framework:
                definition = ProgramAssemblies.FrameworkType(reader.TextNotNull());
                break;
            case Kind.Engine:
                definition = ProgramAssemblies.EngineType(reader.TextNotNull());
                break;
            case Kind.Program:
                definition = TypeOf(AssemblyReference.Read(ref reader, assemblies), reader.Count());
                break;
            default:
                throw new ProtocolViolationException("There is no such kind of types.");
        }

        var arguments = new Type[reader.Count(ArgumentsMax)];
        for (var i = 0; i < arguments.Length; i++)
        {
            arguments[i] = Read(ref reader, assemblies, depth - 1);
        }

        var expected = definition.IsGenericTypeDefinition ? definition.GetGenericArguments().Length : 0;
        if (arguments.Length != expected)
        {
            throw new ProtocolViolationException($"{definition} takes {expected} types, not {arguments.Length}.");
        }

        try
        {
            return expected == 0 ? definition : definition.MakeGenericType(arguments);
        }
        catch (ArgumentException exception)
        {
            throw new FunctionBindingException($"{definition} can't be made of {string.Join<Type>(", ", arguments)}: {exception.Message}");
        }
    }

    private static Type TypeOf(Assembly assembly, int token)
    {
        try
        {
            return assembly.ManifestModule.ResolveType(token);
        }
        catch (Exception exception) when (exception is ArgumentException or BadImageFormatException or TypeLoadException)
        {
            throw new FunctionBindingException($"{assembly.GetName().Name} has no type {token:x8}: {exception.Message}");
        }
    }
}

/// <summary>Writes and reads which build of which assembly of the program's is meant.</summary>
internal static class AssemblyReference
{
    public static void Write(ref WireWriter writer, Assembly assembly)
    {
        writer.Text(assembly.GetName().Name);
        writer.Text(assembly.GetName().Version?.ToString());
        writer.Guid(assembly.ManifestModule.ModuleVersionId);
    }

    /// <exception cref="FunctionBindingException">It is not among those that may be used here, or another build of it is.</exception>
    public static Assembly Read(ref WireReader reader, ProgramAssemblies assemblies)
    {
        var (name, version, build) = (reader.TextNotNull(), reader.Text(), reader.Guid());
        var assembly = assemblies.Find(name, build) ?? throw new FunctionBindingException(
            $"The assembly {name} is not among those that this worker was given. Start the worker with the program, or upload the assembly with Client.UploadAssemblyAsync.");
        var found = assembly.ManifestModule.ModuleVersionId;
        return found == build ? assembly : throw new FunctionBindingException(
            $"The assembly {name} is another build here: {assembly.GetName().Version} ({found}), but {version} ({build}) where the task was submitted. "
            + "Start client and workers with the same build.");
    }
}
