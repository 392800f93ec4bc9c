using System.Diagnostics;
using Engine.Tasks;

namespace Engine;

/// <summary>A place in a <see cref="TaskGraph"/> that has a value once the graph has run.</summary>
public abstract class GraphNode
{
    private protected GraphNode(TaskGraph? graph, string name) => (Graph, Name) = (graph, name);

    /// <summary>The node's name, unique in its graph; for a future its key.</summary>
    public string Name { get; }

    /// <summary>The graph that the node is in or refers to; null for a future.</summary>
    internal TaskGraph? Graph { get; }

    /// <summary>How many nodes were in the graph before; -1 for a reference or a future.</summary>
    internal int Index { get; private protected init; } = -1;

    /// <summary>What the node's function takes, in the order in which its work reads it.</summary>
    internal GraphNode[] Inputs { get; private protected init; } = [];

    internal abstract Type ResultType { get; }

    /// <summary>The future that the node stands for, if it does.</summary>
    internal abstract Future? Existing { get; }

    internal abstract Future Enqueue(TaskSubmitter submitter, ReadOnlySpan<Future> dependencies);

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>A place in a <see cref="TaskGraph"/> whose value is a <typeparamref name="T"/>.</summary>
/// <typeparam name="T">The type of the value.</typeparam>
/// <remarks>
/// Made by <c>TaskGraph.Add</c> and <see cref="TaskGraph.Reference{T}"/>. A future converts to a node, so that a graph can go on
/// from what runs already.
/// </remarks>
public sealed class GraphNode<T> : GraphNode
{
    private readonly TaskWork? _work;
    private readonly SubmitOptions? _options;
    private readonly Future<T>? _existing;

    internal GraphNode(TaskGraph graph, string name)
        : base(graph, name)
    {
    }

    internal GraphNode(TaskGraph graph, string name, int index, TaskWork work, GraphNode[] inputs, SubmitOptions? options)
        : base(graph, name)
    {
        (_work, _options) = (work, options);
        (Index, Inputs) = (index, inputs);
    }

    private GraphNode(Future<T> existing)
        : base(null, existing.Key.ToString()) => _existing = existing;

    internal override Type ResultType => typeof(T);

    internal override Future? Existing => _existing;

    /// <summary>A future as an input of nodes.</summary>
    /// <param name="future">The future; not null.</param>
    public static implicit operator GraphNode<T>(Future<T> future) => Of(future);

    internal static GraphNode<T> Of(Future<T>? future)
    {
        CallCheck.Dependency(future);
        return new GraphNode<T>((Future<T>)future);
    }

    internal override Future Enqueue(TaskSubmitter submitter, ReadOnlySpan<Future> dependencies) =>
        submitter.Enqueue<T>(_work ?? throw new UnreachableException($"{Name} has no function."), dependencies, _options);
}
