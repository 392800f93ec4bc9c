namespace Engine.Graph;

/// <summary>What the order of a graph is decided by: who needs whom, and how long and how wide the ways are.</summary>
internal sealed class GraphShape
{
    private readonly int[][] _inputs;

    public GraphShape(int[][] inputs)
    {
        _inputs = inputs;
        Dependents = Reverse(inputs);
        var sorted = Sort();
        PathAbove = LongestPaths(Dependents, Enumerable.Reverse(sorted));
        var pathBelow = LongestPaths(inputs, sorted);
        VisitOrder = SortInputs(sorted, pathBelow);
    }

    /// <summary>For each task those that need it, in ascending order.</summary>
    public int[][] Dependents { get; }

    /// <summary>For each task the number of tasks on the longest way from it to a task that nobody needs.</summary>
    public int[] PathAbove { get; }

    /// <summary>For each task those that it needs, in the order in which to compute them.</summary>
    public int[][] VisitOrder { get; }

    private static int[][] Reverse(int[][] inputs)
    {
        var counts = new int[inputs.Length];
        foreach (var input in inputs.SelectMany(each => each))
        {
            counts[input]++;
        }

        var dependents = Array.ConvertAll(counts, count => new int[count]);
        for (var task = inputs.Length - 1; task >= 0; task--)
        {
            foreach (var input in inputs[task])
            {
                dependents[input][--counts[input]] = task;
            }
        }

        return dependents;
    }

    private static int[] LongestPaths(int[][] neighbours, IEnumerable<int> sorted)
    {
        var paths = new int[neighbours.Length];
        foreach (var task in sorted)
        {
            foreach (var neighbour in neighbours[task])
            {
                paths[task] = Math.Max(paths[task], paths[neighbour]);
            }

            paths[task]++;
        }

        return paths;
    }

    // Any order in which each task comes after its inputs.
    private List<int> Sort()
    {
        var missing = Array.ConvertAll(_inputs, each => each.Length);
        var sorted = new List<int>(_inputs.Length);
        for (var task = 0; task < _inputs.Length; task++)
        {
            if (missing[task] == 0)
            {
                sorted.Add(task);
            }
        }

        for (var i = 0; i < sorted.Count; i++)
        {
            foreach (var dependent in Dependents[sorted[i]])
            {
                if (--missing[dependent] == 0)
                {
                    sorted.Add(dependent);
                }
            }
        }

        return sorted.Count == _inputs.Length
            ? sorted
            : throw new ArgumentException("The tasks need each other in a cycle.");
    }

    private int[][] SortInputs(List<int> sorted, int[] pathBelow)
    {
        var visitOrder = new int[_inputs.Length][];
        var width = new int[_inputs.Length]; // The most results that are alive while the task is computed, were its inputs not shared.
        foreach (var task in sorted)
        {
            int[] inputs = [.. _inputs[task]];
            Array.Sort(inputs, (a, b) => (width[b], pathBelow[b], a).CompareTo((width[a], pathBelow[a], b)));
            width[task] = 1;
            for (var held = 0; held < inputs.Length; held++)
            {
                width[task] = Math.Max(width[task], width[inputs[held]] + held);
            }

            visitOrder[task] = inputs;
        }

        return visitOrder;
    }
}
