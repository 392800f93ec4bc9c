namespace Engine.Graph;

/// <summary>The part of a graph that some outputs need, with references resolved: known to have no cycle.</summary>
internal sealed class GraphPlan
{
    private const int Unseen = -1;
    private const int Open = -2;
    private const int Needed = -3;

    private readonly TaskGraph _graph;
    private readonly int[] _place; // By the node's index in the graph: a state while the plan is made, its place in the plan afterwards.

    private GraphPlan(TaskGraph graph)
    {
        _graph = graph;
        _place = new int[graph.Count];
        Array.Fill(_place, Unseen);
    }

    /// <summary>The needed nodes, in the order in which they were added.</summary>
    public GraphNode[] Nodes { get; private set; } = [];

    /// <summary>For each of <see cref="Nodes"/> the places of those that it needs, without repetition and without futures.</summary>
    public int[][] Inputs { get; private set; } = [];

    /// <summary>The places of the outputs in the order in which they were asked for, each once.</summary>
    public int[] Outputs { get; private set; } = [];

    /// <exception cref="ArgumentException">There are no outputs, or one isn't in the graph.</exception>
    /// <exception cref="CyclicGraphException">Needed nodes need each other.</exception>
    /// <exception cref="UnknownKeyException">A name isn't in the graph.</exception>
    /// <exception cref="ResultTypeException">A reference is of another type than its node.</exception>
    public static GraphPlan Of(TaskGraph graph, ReadOnlySpan<GraphNode> outputs)
    {
        if (outputs.IsEmpty)
        {
            throw new ArgumentException("No outputs are asked for, so nothing would run. Name at least one node.", nameof(outputs));
        }

        var plan = new GraphPlan(graph);
        var resolved = new GraphNode[outputs.Length];
        for (var i = 0; i < outputs.Length; i++)
        {
            var output = outputs[i] ?? throw new ArgumentException($"Output {i} is null.", nameof(outputs));
            if (output.Graph != graph)
            {
                throw new ArgumentException($"Output {i}, '{output.Name}', is not a node of this graph.", nameof(outputs));
            }

            resolved[i] = graph.Resolve(output, $"Output {i}");
            plan.Visit(resolved[i]);
        }

        plan.Number();
        plan.Outputs = [.. resolved.Select(plan.PlaceOf).Distinct()];
        return plan;
    }

    /// <summary>Where the node that an input stands for is in <see cref="Nodes"/>.</summary>
    public int PlaceOf(GraphNode input) => _place[_graph.Resolve(input, input.Name).Index];

    private void Visit(GraphNode start)
    {
        if (_place[start.Index] != Unseen)
        {
            return;
        }

        // The nodes on the way from the start, each with the number of the input that is looked at next.
        var path = new List<(GraphNode Node, int Next)> { (start, 0) };
        _place[start.Index] = Open;
        while (path.Count > 0)
        {
            var (node, next) = path[^1];
            if (next == node.Inputs.Length)
            {
                _place[node.Index] = Needed;
                path.RemoveAt(path.Count - 1);
                continue;
            }

            path[^1] = (node, next + 1);
            if (node.Inputs[next].Existing is not null)
            {
                continue;
            }

            var input = _graph.Resolve(node.Inputs[next], $"'{node.Name}'");
            if (_place[input.Index] == Open)
            {
                throw Cycle(path, input);
            }

            if (_place[input.Index] == Unseen)
            {
                _place[input.Index] = Open;
                path.Add((input, 0));
            }
        }
    }

    private static CyclicGraphException Cycle(List<(GraphNode Node, int Next)> path, GraphNode first)
    {
        var start = path.FindIndex(step => step.Node == first);
        var names = path[start..].Select(step => step.Node.Name).Append(first.Name);
        return new CyclicGraphException($"No order exists in which the graph could run, as each of these needs the next: {string.Join(" -> ", names)}.");
    }

    private void Number()
    {
        var nodes = new List<GraphNode>();
        for (var i = 0; i < _place.Length; i++)
        {
            if (_place[i] == Needed)
            {
                _place[i] = nodes.Count;
                nodes.Add(_graph.NodeAt(i));
            }
        }

        Nodes = [.. nodes];
        Inputs = new int[Nodes.Length][];
        var seenBy = new int[Nodes.Length]; // One more than the place of the node that was last found to need it.
        var inputs = new List<int>();
        for (var i = 0; i < Nodes.Length; i++)
        {
            inputs.Clear();
            foreach (var input in Nodes[i].Inputs)
            {
                if (input.Existing is null && PlaceOf(input) is var place && seenBy[place] != i + 1)
                {
                    seenBy[place] = i + 1;
                    inputs.Add(place);
                }
            }

            Inputs[i] = [.. inputs];
        }
    }
}
