using Engine.Data.Serialization;
using Engine.Protocol.Wire;

namespace Engine.Tasks;

/// <summary>Where a call finds one of its inputs. Implemented by structs, so that a call holds its arguments without an object each.</summary>
/// <typeparam name="TSelf">The implementing struct.</typeparam>
/// <typeparam name="T">The type of the function's parameter.</typeparam>
internal interface IArgument<TSelf, out T>
    where TSelf : struct, IArgument<TSelf, T>
{
    /// <summary>Whether it holds no value of its own, so that tasks with other values can share it.</summary>
    bool HoldsNothing { get; }

    /// <param name="inputs">The values of the task's dependencies.</param>
    /// <param name="element">The task's element number, which may hold a literal.</param>
    T Read(TaskInputs inputs, int element);

    /// <summary>Writes it for another process.</summary>
    void Write(ref WireWriter writer, ValueSerializers serializers);

    /// <summary>Reads what <see cref="Write"/> has written.</summary>
    static abstract TSelf Read(ref WireReader reader, ValueSerializers serializers);

    /// <summary>Whether two arguments are the same dependencies, equal values, or both in the element number.</summary>
    bool SameAs(TSelf other);
}
