using System.Globalization;

namespace Engine;

/// <summary>The futures of a submitted graph's outputs.</summary>
/// <remarks>Other nodes have no future: their values are released as soon as nothing needs them.</remarks>
public sealed class GraphFutures
{
    private readonly TaskGraph _graph;
    private readonly Dictionary<string, Future> _byName;

    internal GraphFutures(TaskGraph graph, Dictionary<string, Future> byName) => (_graph, _byName) = (graph, byName);

    /// <summary>The number of outputs.</summary>
    public int Count => _byName.Count;

    /// <summary>The future of an output.</summary>
    /// <param name="node">The output, or a reference to it.</param>
    /// <exception cref="UnknownKeyException">The node isn't an output of this submission.</exception>
    public Future this[GraphNode node]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(node);
            return node.Graph == _graph ? this[node.Name] : throw Unknown(node.Name);
        }
    }

    /// <summary>The future of an output.</summary>
    /// <param name="name">The output's name.</param>
    /// <exception cref="UnknownKeyException">No output of this submission has the name.</exception>
    public Future this[string name]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(name);
            return _byName.TryGetValue(name, out var future) ? future : throw Unknown(name);
        }
    }

    /// <summary>The future of an output, by its type.</summary>
    /// <typeparam name="T">The type of the output's value.</typeparam>
    /// <param name="node">The output, or a reference to it.</param>
    /// <returns>The future.</returns>
    /// <exception cref="UnknownKeyException">The node isn't an output of this submission.</exception>
    /// <exception cref="ResultTypeException">The node is a reference of another type than the output.</exception>
    public Future<T> Get<T>(GraphNode<T> node) => Typed<T>(this[node], node.Name);

    /// <summary>The future of an output, by its type.</summary>
    /// <typeparam name="T">The type of the output's value.</typeparam>
    /// <param name="name">The output's name.</param>
    /// <returns>The future.</returns>
    /// <exception cref="UnknownKeyException">No output of this submission has the name.</exception>
    /// <exception cref="ResultTypeException">The output's value is of another type.</exception>
    public Future<T> Get<T>(string name) => Typed<T>(this[name], name);

    private static Future<T> Typed<T>(Future future, string name) =>
        future as Future<T> ?? throw new ResultTypeException(
            $"'{name}' was asked for as a {typeof(T)}, but its function gives a {future.GetType().GenericTypeArguments[0]}.");

    private UnknownKeyException Unknown(string name) =>
        new(string.Create(
            CultureInfo.InvariantCulture,
            $"'{name}' is not one of the {_byName.Count} outputs that the graph was submitted with. Name it when the graph is submitted."));
}
