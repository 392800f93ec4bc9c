using System.Collections.Concurrent;
using System.Reflection;
using Engine.Protocol.Wire;

namespace Engine.Tasks.Remote;

/// <summary>
/// Describes a function so that another process finds the same one: the class of its call or of its delegate, the type that
/// declares its method, the method's number there, and its generic arguments. Refuses what would mean something else there.
/// </summary>
internal static class FunctionDescriber
{
    private static readonly ConcurrentDictionary<(Type Call, MethodInfo Method), FunctionReference> s_known = new();

    /// <summary>The reference of a call's function.</summary>
    /// <exception cref="FunctionNotPortableException">It can't run in another process.</exception>
    public static FunctionReference Describe(TaskWork work)
    {
        var function = work.UserFunction!; // Every call has one.
        CheckCaptures(function);
        return s_known.TryGetValue((work.GetType(), function.Method), out var known)
            ? known
            : s_known[(work.GetType(), function.Method)] = new FunctionReference(FunctionInfo.Of(function).Name, TraitsOf(work), Write(work.GetType(), function));
    }

    /// <summary>The reference of a delegate that is no task's function, but makes a plugin, say.</summary>
    /// <exception cref="FunctionNotPortableException">It can't run in another process.</exception>
    public static FunctionReference Describe(Delegate function)
    {
        CheckCaptures(function);
        return new FunctionReference(FunctionInfo.Of(function).Name, CallTraits.None, Write(function.GetType(), function));
    }

    private static CallTraits TraitsOf(TaskWork work) =>
        (work.IsAsync ? CallTraits.IsAsync : 0) | (work.NeedsContext ? CallTraits.NeedsContext : 0)
        | (work.IsMap ? CallTraits.IsMap : 0) | (work.IsShared ? CallTraits.IsShared : 0);

    private static byte[] Write(Type call, Delegate function)
    {
        var method = function.Method;
        var type = method.DeclaringType ?? throw new FunctionNotPortableException($"{FunctionInfo.Of(function)} was made at run time, so no other process has it.");
        if (ProgramAssemblies.IsFramework(type.Assembly) || ProgramAssemblies.IsEngine(type.Assembly))
        {
            throw new FunctionNotPortableException(
                $"{type}.{method.Name} is a method of the framework or of the engine; another process only looks for functions in the program's own assemblies. "
                + $"Wrap it in a lambda: static x => {type.Name}.{method.Name}(x).");
        }

        if (type.Assembly.IsDynamic)
        {
            throw new FunctionNotPortableException($"{FunctionInfo.Of(function)} lies in {type.Assembly.GetName().Name}, which was made at run time, so no other process has it.");
        }

        var output = new BodyOutput();
        var writer = new WireWriter(output);
        TypeReference.Write(ref writer, call);
        TypeReference.Write(ref writer, type);
        writer.Count(method.MetadataToken);
        var arguments = method.IsGenericMethod ? method.GetGenericArguments() : [];
        writer.Count(arguments.Length);
        foreach (var argument in arguments)
        {
            TypeReference.Write(ref writer, argument);
        }

        writer.Complete();
        return output.Body.ToArray();
    }

    /// <summary>Only a static method, or a lambda that captures nothing, is the same in another process.</summary>
    private static void CheckCaptures(Delegate function)
    {
        var target = function.Target;
        if (function.Method.IsStatic)
        {
            if (target is null)
            {
                return;
            }

            throw new FunctionNotPortableException(
                $"{FunctionInfo.Of(function)} is bound to a {target.GetType()}, its first argument, so it can't run in another process. Pass that as an input.");
        }

        var type = target?.GetType();
        if (type is not null && ClosureOf(type) is ClosureKind.None)
        {
            return;
        }

        var name = FunctionInfo.Of(function).Name;
        throw new FunctionNotPortableException(type is not null && ClosureOf(type) is ClosureKind.Captures
            ? $"The lambda {name} captures {string.Join(", ", CapturedNames(type))}, so it can't run in another process. Pass what it needs as inputs: "
                + "client.Submit(static x => …, x). Written with \"static\", the compiler makes sure of it."
            : $"{name} is a method of an object, a {type}, or a lambda that captures \"this\", so it can't run in another process. Make it static, and pass what it needs "
                + "as inputs; services come through TaskContext.Services.");
    }

    private enum ClosureKind
    {
        /// <summary>The compiler's class of lambdas that capture nothing.</summary>
        None,

        /// <summary>The compiler's class of lambdas that capture something.</summary>
        Captures,

        /// <summary>No class of the compiler's.</summary>
        Other,
    }

    private static ClosureKind ClosureOf(Type type) =>
        !type.Name.StartsWith("<>c", StringComparison.Ordinal) ? ClosureKind.Other
        : type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Length == 0 ? ClosureKind.None
        : ClosureKind.Captures;

    private static IEnumerable<string> CapturedNames(Type closure)
    {
        foreach (var field in closure.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            if (field.Name.Contains("__this", StringComparison.Ordinal))
            {
                yield return "\"this\"";
            }
            else if (field.FieldType.Name.StartsWith("<>c", StringComparison.Ordinal))
            {
                foreach (var name in CapturedNames(field.FieldType))
                {
                    yield return name;
                }
            }
            else
            {
                yield return $"\"{field.Name}\"";
            }
        }
    }
}
