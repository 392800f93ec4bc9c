namespace Engine.Scheduling.Machine;

/// <summary>Handles in the order in which they were added, each once.</summary>
internal sealed class OrderedSet
{
    private readonly LinkedList<int> _order = new();
    private readonly Dictionary<int, LinkedListNode<int>> _nodes = [];

    public int Count => _nodes.Count;

    public int? First => _order.First?.Value;

    public void Add(int handle) => _nodes.Add(handle, _order.AddLast(handle));

    /// <summary>Adds a handle, unless it is there.</summary>
    public void TryAdd(int handle)
    {
        if (!_nodes.ContainsKey(handle))
        {
            Add(handle);
        }
    }

    public void Remove(int handle)
    {
        if (_nodes.Remove(handle, out var node))
        {
            _order.Remove(node);
        }
    }

    public int[] ToArray() => [.. _order];
}
