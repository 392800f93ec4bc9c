using Engine.Plugins;

namespace Engine.Tests.Scheduling.ActiveMemory;

/// <summary>What a policy is shown, without a scheduler: whoever is first among the candidates takes a copy, which is there when the test says so.</summary>
internal sealed class FakeMemoryManager : IActiveMemoryManager
{
    private readonly ClientId _client = new(1);
    private readonly List<long> _bytes = [];
    private readonly List<(long Bytes, List<WorkerId> Holders)> _values = [];

    /// <summary>Copies that were asked for, in order.</summary>
    public List<(TaskKey Key, WorkerId To)> Asked { get; } = [];

    public IReadOnlyList<WorkerMemory> Workers =>
        [.. _bytes.Select(static (bytes, place) => new WorkerMemory(IdOf(place), Status.Running, bytes, null))];

    public IEnumerable<TaskKey> ReplicatedKeys => Enumerable.Range(0, _values.Count).Where(value => _values[value].Holders.Count > 1).Select(KeyOf);

    public static WorkerId IdOf(int place) => new(place + 1);

    /// <summary>A worker with values of so many bytes each.</summary>
    public void AddWorker(params IEnumerable<int> values)
    {
        var id = IdOf(_bytes.Count);
        _bytes.Add(0);
        foreach (var bytes in values)
        {
            _values.Add((bytes, [id]));
            _bytes[^1] += bytes;
        }
    }

    /// <summary>How many copies a worker gave, by who held the values first.</summary>
    public int GivenBy(int place) => Asked.Count(asked => _values[(int)asked.Key.Sequence].Holders[0] == IdOf(place));

    public int TakenBy(int place) => Asked.Count(asked => asked.To == IdOf(place));

    public IEnumerable<TaskKey> KeysOn(WorkerId worker) =>
        Enumerable.Range(0, _values.Count).Where(value => _values[value].Holders.Contains(worker)).Select(KeyOf);

    public KeyReplicas Find(TaskKey key) => new(key, _values[(int)key.Sequence].Bytes, _values[(int)key.Sequence].Holders, 1, 0);

    public WorkerId? Replicate(TaskKey key, IReadOnlyCollection<WorkerId>? candidates = null)
    {
        var (bytes, holders) = _values[(int)key.Sequence];
        foreach (var worker in candidates!.OrderBy(static worker => worker.Number))
        {
            if (!holders.Contains(worker) && !Asked.Contains((key, worker)))
            {
                Asked.Add((key, worker));
                _bytes[(int)worker.Number - 1] += bytes;
                return worker;
            }
        }

        return null;
    }

    public WorkerId? Drop(TaskKey key, IReadOnlyCollection<WorkerId>? candidates = null) => null;

    private TaskKey KeyOf(int value) => new(_client, value);
}
