using Engine.Plugins;

namespace Engine.Scheduling.ActiveMemory.Machine;

/// <summary>
/// Moves values from workers that hold clearly more than the mean to those that hold clearly less. A move is a copy in one
/// round and a drop in a later one, when the copy is there: nothing is ever only under way.
/// </summary>
/// <remarks>dask: <c>rebalance</c>, which must not be used while tasks run.</remarks>
internal sealed class Rebalance : IActiveMemoryManagerPolicy
{
    private const double Tolerance = 0.10; // Of the mean. dask: rebalance.sender-recipient-gap.
    private const int MovesPerRound = 1000;
    private const int RoundsMax = 10; // A copy that has not come by then won't: it may be made elsewhere.
    private readonly Dictionary<TaskKey, (WorkerId Source, int Rounds)> _moved = [];

    public string Name => nameof(Rebalance);

    public void Run(IActiveMemoryManager manager)
    {
        foreach (var (key, (source, rounds)) in _moved.ToList())
        {
            if (rounds == RoundsMax
                || manager.Find(key) is not { } replicas || !replicas.Holders.Contains(source) || manager.Drop(key, [source]) is not null)
            {
                _moved.Remove(key);
            }
            else
            {
                _moved[key] = (source, rounds + 1);
            }
        }

        var workers = manager.Workers.Where(static worker => worker.Status == Status.Running).ToList();
        if (workers.Count < 2)
        {
            return;
        }

        var mean = workers.Average(static worker => (double)worker.Bytes);
        var low = workers.Where(worker => worker.Bytes < mean * (1 - Tolerance)).Select(static worker => worker.Id).ToHashSet();
        foreach (var heavy in workers.Where(worker => worker.Bytes > mean * (1 + Tolerance)))
        {
            Relieve(manager, heavy, mean, low);
        }
    }

    private void Relieve(IActiveMemoryManager manager, WorkerMemory heavy, double mean, HashSet<WorkerId> low)
    {
        var surplus = heavy.Bytes - mean;
        foreach (var key in manager.KeysOn(heavy.Id).ToList())
        {
            if (low.Count == 0 || surplus <= 0 || _moved.Count >= MovesPerRound)
            {
                return;
            }

            if (_moved.ContainsKey(key) || manager.Find(key) is not { } replicas || replicas.Bytes > surplus)
            {
                continue;
            }

            if (manager.Replicate(key, low) is { } recipient)
            {
                _moved.Add(key, (heavy.Id, 0));
                surplus -= replicas.Bytes;
                if (manager.Workers.First(worker => worker.Id == recipient).Bytes >= mean)
                {
                    low.Remove(recipient);
                }
            }
        }
    }
}
