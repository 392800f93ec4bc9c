using System.Runtime.CompilerServices;
using Engine.Data.Serialization;
using Engine.Protocol.Wire;

namespace Engine.Tasks.Remote;

/// <summary>Turns what a client submits into the form in which it travels, and refuses what can't: at once, where the user sees it.</summary>
internal sealed class RemoteCalls(ValueSerializers serializers)
{
    // As with delegates: a program that submits a million calls of one function has one call, and looks it up by reference.
    private readonly Known?[] _known = new Known?[256];

    public ValueSerializers Serializers => serializers;

    /// <exception cref="FunctionNotPortableException">The function can't run in another process.</exception>
    /// <exception cref="ValueSerializationException">An input can't leave the process.</exception>
    public TaskWork ToRemote(TaskWork work)
    {
        if (work.UserFunction is null)
        {
            return work;
        }

        if (!work.IsShared)
        {
            return Make(work);
        }

        ref var slot = ref _known[RuntimeHelpers.GetHashCode(work) & (_known.Length - 1)];
        var known = Volatile.Read(ref slot);
        if (known is null || !ReferenceEquals(known.Work, work))
        {
            known = new Known(work, Make(work));
            if (!work.IsMap) // Which is submitted once, and may be large.
            {
                Volatile.Write(ref slot, known);
            }
        }

        return known.Remote;
    }

    private TaskWork Make(TaskWork work)
    {
        try
        {
            return MakeRemote(work);
        }
        catch (FunctionNotPortableException) when (serializers.Handles?.Keeps(work) == true)
        {
            return work;
        }
    }

    private RemoteWork MakeRemote(TaskWork work)
    {
        var reference = FunctionDescriber.Describe(work);
        var output = new BodyOutput();
        var writer = new WireWriter(output);
        work.WriteArguments(ref writer, serializers);
        writer.Complete();
        return new RemoteWork(reference, output.Body, [.. output.Attachments]);
    }

    private sealed record Known(TaskWork Work, TaskWork Remote);
}
