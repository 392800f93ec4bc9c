namespace Engine.Graph;

/// <summary>The order in which the tasks of a graph are submitted, so that few results are alive at a time.</summary>
/// <remarks>
/// <para>dask: <c>dask.order</c>, the same aims by simpler means. Finding the order with the fewest live results is NP-complete, so
/// these are rules of thumb:</para>
/// <list type="number">
/// <item>Depth first: all that a target needs, then the target. Of several inputs the one whose own computation needs most live
/// results goes first, while nothing else is held (Sethi and Ullman's numbering, exact for trees), then the one with the longest path
/// below it.</item>
/// <item>A task that can run and whose run is the last use of a result runs at once, whichever target it belongs to: it frees at
/// least as much as it adds.</item>
/// <item>The next target is a task that takes something alive: first one that would be a result's last use, then the one that lacks
/// fewest inputs, then the one with the longest path above it. Where nothing is alive, it is the next output.</item>
/// </list>
/// <para>Ties go by number, so equal graphs get equal orders. Time is linear in tasks and edges but for sorting; no recursion.</para>
/// </remarks>
internal sealed class TaskOrder
{
    private readonly int[][] _inputs; // In the order in which they are visited.
    private readonly int[][] _dependents;
    private readonly int[] _pathAbove;
    private readonly int[] _missing; // Inputs without a place in the order yet.
    private readonly int[] _uses; // Dependents without a place in the order yet.
    private readonly bool[] _done;
    private readonly int[] _order;
    private readonly Stack<int> _visits = new();
    private readonly Stack<int> _lastUses = new();
    private readonly PriorityQueue<int, (bool FreesNothing, int Missing, int NegativePath, int Task)> _targets = new();
    private int _count;

    private TaskOrder(int[][] inputs)
    {
        var shape = new GraphShape(inputs);
        (_inputs, _dependents, _pathAbove) = (shape.VisitOrder, shape.Dependents, shape.PathAbove);
        _missing = Array.ConvertAll(_inputs, each => each.Length);
        _uses = Array.ConvertAll(_dependents, each => each.Length);
        _done = new bool[inputs.Length];
        _order = new int[inputs.Length];
    }

    /// <summary>Orders the tasks that the outputs need.</summary>
    /// <param name="inputs">For each task the numbers of those that it needs, each once. No cycles.</param>
    /// <param name="outputs">The tasks that are wanted; all others are needed by one of them.</param>
    /// <returns>The tasks' numbers, each after those that it needs.</returns>
    /// <exception cref="ArgumentException">The tasks need each other in a cycle.</exception>
    public static int[] Of(int[][] inputs, ReadOnlySpan<int> outputs)
    {
        var order = new TaskOrder(inputs);
        foreach (var output in outputs)
        {
            order.Reach(output);
            while (order._targets.TryDequeue(out var target, out _))
            {
                order.Reach(target);
            }
        }

        return order._order[..order._count];
    }

    private void Reach(int target)
    {
        _visits.Push(target);
        while (_visits.TryPop(out var task))
        {
            if (_done[task])
            {
                continue;
            }

            if (_missing[task] == 0)
            {
                Append(task);
                while (_lastUses.TryPop(out var next))
                {
                    Append(next);
                }

                continue;
            }

            _visits.Push(task);
            for (var i = _inputs[task].Length - 1; i >= 0; i--)
            {
                if (!_done[_inputs[task][i]])
                {
                    _visits.Push(_inputs[task][i]);
                }
            }
        }
    }

    private void Append(int task)
    {
        if (_done[task])
        {
            return;
        }

        _done[task] = true;
        _order[_count++] = task;
        foreach (var dependent in _dependents[task])
        {
            _missing[dependent]--;
            Offer(dependent, isLastUse: _uses[task] == 1);
        }

        foreach (var input in _inputs[task])
        {
            if (--_uses[input] == 1)
            {
                Offer(Array.Find(_dependents[input], dependent => !_done[dependent]), isLastUse: true);
            }
        }
    }

    // A task is offered again whenever it became more attractive; what is left of it in the queue when it is done is skipped.
    private void Offer(int task, bool isLastUse)
    {
        if (_missing[task] == 0 && (isLastUse || Array.Exists(_inputs[task], input => _uses[input] == 1)))
        {
            _lastUses.Push(task);
        }
        else
        {
            _targets.Enqueue(task, (!isLastUse, _missing[task], -_pathAbove[task], task));
        }
    }
}
