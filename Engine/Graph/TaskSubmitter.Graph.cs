using System.Runtime.InteropServices;
using Engine.Graph;

namespace Engine;

public abstract partial class TaskSubmitter
{
    /// <summary>Submits the nodes of a graph that the outputs need.</summary>
    /// <param name="graph">The graph. Read now; what is added to it later has no effect on this run.</param>
    /// <param name="outputs">The nodes, or references to nodes, whose values are wanted; at least one.</param>
    /// <returns>The outputs' futures.</returns>
    /// <exception cref="ArgumentException">There are no outputs, or one is null or not in the graph.</exception>
    /// <exception cref="CyclicGraphException">Nodes that are needed need each other.</exception>
    /// <exception cref="UnknownKeyException">A node that is needed refers to a name that isn't in the graph.</exception>
    /// <exception cref="ResultTypeException">A reference is of another type than the node that it names.</exception>
    /// <remarks>
    /// dask: <c>Client.get</c>, <c>Client.compute</c>. Tasks are submitted in an order that keeps few results alive, as
    /// <c>dask.order</c> finds it. Nothing is submitted if the graph is refused.
    /// </remarks>
    public GraphFutures Submit(TaskGraph graph, params ReadOnlySpan<GraphNode> outputs)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var plan = GraphPlan.Of(graph, outputs);
        var futures = new Future?[plan.Nodes.Length];
        var wanted = new Dictionary<string, Future>(StringComparer.Ordinal);
        try
        {
            var dependencies = new List<Future>();
            foreach (var place in TaskOrder.Of(plan.Inputs, plan.Outputs))
            {
                var node = plan.Nodes[place];
                dependencies.Clear();
                foreach (var input in node.Inputs)
                {
                    dependencies.Add(input.Existing ?? futures[plan.PlaceOf(input)]!); // Not null: inputs come first in the order.
                }

                futures[place] = node.Enqueue(this, CollectionsMarshal.AsSpan(dependencies));
            }

            foreach (var place in plan.Outputs)
            {
                wanted[plan.Nodes[place].Name] = futures[place]!; // Not null: the order has all that outputs need.
                futures[place] = null;
            }
        }
        finally
        {
            // What is left is needed by tasks only, or belongs to a submission that failed.
            foreach (var future in futures)
            {
                future?.Dispose();
            }
        }

        return new GraphFutures(graph, wanted);
    }
}
