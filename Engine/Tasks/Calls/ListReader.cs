namespace Engine.Tasks;

/// <summary>Reads a run of dependencies as one input of type <typeparamref name="T"/>.</summary>
internal abstract record ListReader<T>
{
    public abstract T Read(TaskInputs inputs);
}

/// <summary>Reads a run of dependencies as a list of their values.</summary>
internal sealed record ElementListReader<TElement>(int First, int Count) : ListReader<IReadOnlyList<TElement>>
{
    public override IReadOnlyList<TElement> Read(TaskInputs inputs) => inputs.GetList<TElement>(First, Count);
}
