namespace Engine.Tasks;

/// <summary>A list input of type <typeparamref name="T"/> before it is known where among the dependencies it starts.</summary>
/// <typeparam name="T">The type of the function's parameter.</typeparam>
/// <typeparam name="TDependency">Futures, or nodes of a graph.</typeparam>
internal abstract class ListSource<T, TDependency>(TDependency[] dependencies)
{
    public TDependency[] Dependencies { get; } = dependencies;

    public abstract ListReader<T> ReaderFrom(int first);

    /// <summary>Appends the dependencies and gives the argument that reads them.</summary>
    public MixedArgument<T> Bind(ref List<TDependency>? dependencies)
    {
        dependencies ??= [];
        var first = dependencies.Count;
        dependencies.AddRange(Dependencies);
        return new MixedArgument<T>(ReaderFrom(first));
    }
}

internal sealed class ElementListSource<TElement, TDependency>(TDependency[] dependencies)
    : ListSource<IReadOnlyList<TElement>, TDependency>(dependencies)
{
    public override ListReader<IReadOnlyList<TElement>> ReaderFrom(int first) =>
        new ElementListReader<TElement>(first, Dependencies.Length);
}
