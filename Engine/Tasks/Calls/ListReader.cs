namespace Engine.Tasks;

/// <summary>Reads a run of dependencies as one input of type <typeparamref name="T"/>.</summary>
internal abstract record ListReader<T>
{
    public abstract T Read(TaskInputs inputs);

    /// <summary>Where the run starts.</summary>
    public abstract int First { get; }

    /// <summary>How long it is.</summary>
    public abstract int Count { get; }
}

/// <summary>Makes the readers of lists of a type <typeparamref name="T"/>.</summary>
internal static class ListReaders<T>
{
    private static readonly Func<int, int, ListReader<T>>? s_make = MakerOf();

    /// <summary>The reader of a run; null if a <typeparamref name="T"/> is no list that runs can be read as.</summary>
    public static ListReader<T>? Of(int first, int count) => s_make?.Invoke(first, count);

    private static Func<int, int, ListReader<T>>? MakerOf() =>
        typeof(T) is { IsGenericType: true } list && list.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)
            ? (first, count) => (ListReader<T>)Activator.CreateInstance(typeof(ElementListReader<>).MakeGenericType(list.GenericTypeArguments), first, count)!
            : null;
}

/// <summary>Reads a run of dependencies as a list of their values.</summary>
internal sealed record ElementListReader<TElement>(int Start, int Length) : ListReader<IReadOnlyList<TElement>>
{
    public override int First => Start;

    public override int Count => Length;

    public override IReadOnlyList<TElement> Read(TaskInputs inputs) => inputs.GetList<TElement>(Start, Length);
}
