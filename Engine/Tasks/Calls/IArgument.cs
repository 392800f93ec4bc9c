namespace Engine.Tasks;

/// <summary>Where a call finds one of its inputs. Implemented by structs, so that a call holds its arguments without an object each.</summary>
/// <typeparam name="TSelf">The implementing struct.</typeparam>
/// <typeparam name="T">The type of the function's parameter.</typeparam>
internal interface IArgument<TSelf, out T>
    where TSelf : struct, IArgument<TSelf, T>
{
    T Read(TaskInputs inputs);

    /// <summary>Whether two arguments are the same dependencies or equal values.</summary>
    bool SameAs(TSelf other);
}
