using System.Buffers;
using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using Engine.Data.Serialization;
using Engine.Protocol.Wire;

namespace Engine.Tasks.Remote;

/// <summary>Finds the functions that references name, in the assemblies that it was given and nowhere else.</summary>
internal sealed class FunctionBinder(ProgramAssemblies assemblies, ValueSerializers serializers)
{
    private delegate TaskWork ReadCall(Delegate function, ref WireReader reader, ValueSerializers serializers);

    private readonly ConcurrentDictionary<FunctionReference, (Delegate Function, ReadCall Read)> _calls = new();

    /// <summary>Makes the call that can be run. If that can't be, gives work that fails with the reason when it is run.</summary>
    public TaskWork Bind(RemoteWork work)
    {
        try
        {
            if (!_calls.TryGetValue(work.Reference, out var call))
            {
                _calls[work.Reference] = call = BindCall(work.Reference);
            }

            var attachments = Array.ConvertAll(work.Attachments, static bytes => bytes.ToArray());
            var reader = new WireReader(new ReadOnlySequence<byte>(work.Body), attachments);
            var bound = call.Read(call.Function, ref reader, serializers);
            reader.End();
            return new AdmittedCall(bound, serializers);
        }
        catch (Exception exception) when (exception is EngineException)
        {
            return new RemoteWork(work.Reference, work.Body, work.Attachments) { BindingError = exception };
        }
    }

    /// <summary>The delegate that a reference names, which is no task's function.</summary>
    /// <exception cref="FunctionBindingException">There is no such function here.</exception>
    public Delegate BindDelegate(FunctionReference reference)
    {
        var (type, method) = Read(reference);
        return typeof(Delegate).IsAssignableFrom(type) ? Make(type, method, reference) : throw new FunctionBindingException($"{reference} is no delegate.");
    }

    private (Delegate Function, ReadCall Read) BindCall(FunctionReference reference)
    {
        var (call, method) = Read(reference);
        if (!typeof(TaskWork).IsAssignableFrom(call) || call.GetMethod("Read", BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly) is not { } read)
        {
            throw new FunctionBindingException($"{reference} names {call}, which is no call.");
        }

        var type = call.GetConstructors()[0].GetParameters()[0].ParameterType;
        return (Make(type, method, reference), read.CreateDelegate<ReadCall>());
    }

    private (Type Shape, MethodInfo Method) Read(FunctionReference reference)
    {
        const int argumentsMax = 64;
        try
        {
            var reader = new WireReader(new ReadOnlySequence<byte>(reference.Description), []);
            var shape = TypeReference.Read(ref reader, assemblies);
            var type = TypeReference.Read(ref reader, assemblies);
            var token = reader.Count();
            var arguments = new Type[reader.Count(argumentsMax)];
            for (var i = 0; i < arguments.Length; i++)
            {
                arguments[i] = TypeReference.Read(ref reader, assemblies);
            }

            reader.End();
            if (ProgramAssemblies.IsFramework(type.Assembly) || ProgramAssemblies.IsEngine(type.Assembly))
            {
                throw new FunctionBindingException($"{type} is not the program's: functions are only looked for in its own assemblies.");
            }

            const BindingFlags all = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
            var method = Array.Find(type.GetMethods(all), method => method.MetadataToken == token)
                ?? throw new FunctionBindingException($"{type} has no method {token:x8}, which {reference} names.");
            return (shape, arguments.Length == 0 ? method : method.MakeGenericMethod(arguments));
        }
        catch (Exception exception) when (exception is ProtocolViolationException or ArgumentException or InvalidOperationException)
        {
            throw new FunctionBindingException($"The reference of {reference} can't be read: {exception.Message}");
        }
    }

    private static Delegate Make(Type type, MethodInfo method, FunctionReference reference)
    {
        object? target = null;
        if (!method.IsStatic)
        {
            if (!method.DeclaringType!.Name.StartsWith("<>c", StringComparison.Ordinal)
                || method.DeclaringType.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Length > 0)
            {
                throw new FunctionBindingException($"{reference} is a method of an object, which nobody has here.");
            }

            target = RuntimeHelpers.GetUninitializedObject(method.DeclaringType);
        }

        return Delegate.CreateDelegate(type, target, method, throwOnBindFailure: false)
            ?? throw new FunctionBindingException($"{method.DeclaringType}.{method.Name}, which {reference} names, is no {type}.");
    }
}
