using System.Runtime.CompilerServices;
using Engine.Tasks;

namespace Engine;

/// <summary>One input of a graph's function of three or four inputs: a value, a node, a future, or a list of nodes.</summary>
/// <typeparam name="T">The type of the function's parameter.</typeparam>
/// <remarks>
/// Values, nodes and futures convert to it by themselves. Where they don't - a value of an interface type, a method group - say
/// <see cref="GraphInput.Of{T}(T)"/>. The default one is the value <c>default(T)</c>.
/// </remarks>
public readonly struct GraphInput<T>
{
    private readonly T _value;
    private readonly GraphNode<T>? _node;
    private readonly ListSource<T, GraphNode>? _list;

    internal GraphInput(T value)
    {
        CallCheck.Plain(value);
        (_value, _node, _list) = (value, null, null);
    }

    internal GraphInput(GraphNode<T> node)
    {
        CallCheck.Dependency(node);
        (_value, _node, _list) = (default!, node, null); // Never read: the node decides.
    }

    internal GraphInput(ListSource<T, GraphNode> list) => (_value, _node, _list) = (default!, null, list); // Never read: the list decides.

    /// <summary>A value as an input.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator GraphInput<T>(T value) => new(value);

    /// <summary>A node's value as an input.</summary>
    /// <param name="node">The node; not null.</param>
    public static implicit operator GraphInput<T>(GraphNode<T> node) => new(node);

    /// <summary>A future's value as an input.</summary>
    /// <param name="future">The future; not null.</param>
    public static implicit operator GraphInput<T>(Future<T> future) => new(GraphNode<T>.Of(future));

    /// <summary>Appends what the input depends on and gives the argument that reads it.</summary>
    internal MixedArgument<T> Bind(ref List<GraphNode>? dependencies)
    {
        if (_list is not null)
        {
            return _list.Bind(ref dependencies);
        }

        if (_node is null)
        {
            return new MixedArgument<T>(Argument<T>.Literal(_value));
        }

        dependencies ??= [];
        dependencies.Add(_node);
        return new MixedArgument<T>(Argument<T>.Dependency(dependencies.Count - 1));
    }
}

/// <summary>Makes inputs of a graph's functions where a conversion doesn't do it.</summary>
public static class GraphInput
{
    /// <summary>A value as an input.</summary>
    /// <param name="value">The value; may be null.</param>
    /// <returns>The input.</returns>
    /// <exception cref="ArgumentException">The value is a future or a node, or a list of them.</exception>
    public static GraphInput<T> Of<T>(T value) => new(value);

    /// <summary>A node's value as an input.</summary>
    /// <param name="node">The node.</param>
    /// <returns>The input.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="node"/> is null.</exception>
    [OverloadResolutionPriority(1)]
    public static GraphInput<T> Of<T>(GraphNode<T> node) => new(node);

    /// <summary>A future's value as an input.</summary>
    /// <param name="future">The future.</param>
    /// <returns>The input.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="future"/> is null.</exception>
    [OverloadResolutionPriority(1)]
    public static GraphInput<T> Of<T>(Future<T> future) => new(GraphNode<T>.Of(future));

    /// <summary>The values of many nodes as one list.</summary>
    /// <param name="nodes">The nodes; copied. May be empty.</param>
    /// <returns>The input.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="nodes"/> is null.</exception>
    /// <exception cref="ArgumentException">A node is null; the message names its index.</exception>
    public static GraphInput<IReadOnlyList<T>> List<T>(IEnumerable<GraphNode<T>> nodes) =>
        new(new ElementListSource<T, GraphNode>(CallCheck.Dependencies<GraphNode>(nodes)));
}
