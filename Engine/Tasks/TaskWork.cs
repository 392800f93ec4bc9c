using Engine.Data;
using Engine.Data.Serialization;
using Engine.Protocol.Wire;

namespace Engine.Tasks;

/// <summary>What a task runs: a function and its literal inputs. Immutable, shared by scheduler and worker.</summary>
/// <remarks>
/// dask: <c>run_spec</c>. One object may stand for many tasks, told apart by their element number: a whole map over
/// plain values is one.
/// </remarks>
internal abstract class TaskWork
{
    /// <summary>The function, for names and for statistics of durations.</summary>
    public abstract FunctionInfo Function { get; }

    /// <summary>Whether the function gives a task that may not have ended when it returns.</summary>
    public virtual bool IsAsync => false;

    /// <summary>Whether the function takes a <see cref="TaskContext"/>.</summary>
    public virtual bool NeedsContext => false;

    /// <summary>Whether tasks with consecutive element numbers can be run as one: a map.</summary>
    public virtual bool IsMap => false;

    /// <summary>Whether the value has no recipe: once a worker holds it, nothing can compute it again (scattered data).</summary>
    public virtual bool IsData => false;

    /// <summary>Whether the same object may stand for many tasks, so that whoever passes it on should remember it.</summary>
    public virtual bool IsShared => false;

    /// <summary>The user's function, if it is one.</summary>
    public virtual Delegate? UserFunction => null;

    /// <summary>Runs a synchronous function.</summary>
    /// <param name="inputs">The values of the dependencies.</param>
    /// <param name="element">Which element of a map; 0 otherwise.</param>
    /// <param name="context">The context, if <see cref="NeedsContext"/>.</param>
    public abstract DataValue Invoke(TaskInputs inputs, int element, TaskContext? context);

    /// <summary>Runs an asynchronous function. Reads all inputs before it returns.</summary>
    public virtual ValueTask<DataValue> InvokeAsync(TaskInputs inputs, int element, TaskContext? context) =>
        new(Invoke(inputs, element, context));

    /// <summary>Whether the other work is the same function with equal literal inputs. Decides if a name may be used again.</summary>
    public abstract bool SameDefinition(TaskWork other);

    /// <summary>Makes a result fit to leave the process, by the type that the function declares.</summary>
    /// <exception cref="ValueSerializationException">It can't be.</exception>
    public virtual DataValue Admit(in DataValue result, ValueSerializers serializers) => result;

    /// <summary>Writes the literal inputs. Its counterpart is a static method <c>Read</c> of the same class.</summary>
    public virtual void WriteArguments(ref WireWriter writer, ValueSerializers serializers) =>
        throw new NotSupportedException($"{Function} has no inputs to write.");
}
