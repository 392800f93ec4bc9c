namespace Engine.Tasks;

/// <summary>An input that is a list: the values of a run of dependencies.</summary>
internal readonly struct ListArgument<T>(int first, int count) : IArgument<ListArgument<T>, IReadOnlyList<T>>
{
    private readonly int _first = first;
    private readonly int _count = count;

    public bool HoldsNothing => true;

    public IReadOnlyList<T> Read(TaskInputs inputs, int element) => inputs.GetList<T>(_first, _count);

    public bool SameAs(ListArgument<T> other) => _first == other._first && _count == other._count;
}
