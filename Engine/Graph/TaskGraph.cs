using System.Diagnostics.CodeAnalysis;
using Engine.Tasks;

namespace Engine;

/// <summary>
/// Named functions and what each takes from the others. Nothing runs until the graph is submitted with the outputs that are
/// wanted; what they don't need is left out.
/// </summary>
/// <remarks>
/// dask: a low-level graph, <c>Delayed</c>. Not thread-safe. A graph may be submitted many times and added to in between; each
/// submission is a run of its own. <see cref="SubmitOptions"/> of nodes are kept by reference until then.
/// </remarks>
public sealed partial class TaskGraph
{
    private readonly List<GraphNode> _nodes = [];
    private readonly Dictionary<string, GraphNode> _byName = new(StringComparer.Ordinal);

    /// <summary>How many nodes were added.</summary>
    public int Count => _nodes.Count;

    /// <summary>Refers to a node by name, which may be added later.</summary>
    /// <typeparam name="T">The type of the node's value; checked when the graph is submitted.</typeparam>
    /// <param name="name">The node's name.</param>
    /// <returns>A node that stands for the named one.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null or empty.</exception>
    public GraphNode<T> Reference<T>(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new GraphNode<T>(this, name);
    }

    internal GraphNode NodeAt(int index) => _nodes[index];

    internal bool TryFind(string name, [NotNullWhen(true)] out GraphNode? node) => _byName.TryGetValue(name, out node);

    /// <summary>The node that has a function which the given node or reference stands for.</summary>
    /// <param name="node">A node of this graph, or a reference into it.</param>
    /// <param name="needs">What asks for it, for the error's message.</param>
    internal GraphNode Resolve(GraphNode node, string needs)
    {
        if (node.Index >= 0)
        {
            return node;
        }

        if (!_byName.TryGetValue(node.Name, out var found))
        {
            throw new UnknownKeyException($"{needs} needs a node '{node.Name}', which the graph doesn't have. Add it before the graph is submitted.");
        }

        if (found.ResultType != node.ResultType)
        {
            throw new ResultTypeException(
                $"{needs} refers to '{node.Name}' as a {node.ResultType}, but its function gives a {found.ResultType}.");
        }

        return found;
    }

    private GraphNode<TResult> AddNode<TResult>(string name, TaskWork work, ReadOnlySpan<GraphNode> inputs, SubmitOptions? options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        foreach (var input in inputs)
        {
            if (input.Graph is { } graph && graph != this)
            {
                throw new ArgumentException($"The input '{input.Name}' of '{name}' is a node of another graph.", nameof(inputs));
            }
        }

        var node = new GraphNode<TResult>(this, name, _nodes.Count, work, inputs.ToArray(), options);
        if (!_byName.TryAdd(name, node))
        {
            throw new ArgumentException($"The graph has a node '{name}' already. Names are unique in a graph.", nameof(name));
        }

        _nodes.Add(node);
        return node;
    }
}
