namespace Engine.Scheduling.Machine;

/// <summary>A set of workers with constant-time add and remove, in an order that only depends on what was done to it.</summary>
/// <param name="setPlace">Writes a worker's place into the worker; -1 when it leaves.</param>
internal sealed class WorkerList(Action<WorkerState, int> setPlace)
{
    private readonly List<WorkerState> _workers = [];

    public int Count => _workers.Count;

    public WorkerState Last => _workers[^1];

    public WorkerState this[int place] => _workers[place];

    public void Set(WorkerState worker, int place, bool isIn)
    {
        if (isIn && place < 0)
        {
            setPlace(worker, _workers.Count);
            _workers.Add(worker);
        }
        else if (!isIn && place >= 0)
        {
            Remove(worker, place);
        }
    }

    public void Remove(WorkerState worker, int place)
    {
        var last = _workers[^1];
        _workers[place] = last;
        setPlace(last, place);
        _workers.RemoveAt(_workers.Count - 1);
        setPlace(worker, -1);
    }
}
