using Engine.Plugins;

namespace Engine.Scheduling.ActiveMemory.Machine;

/// <summary>Drops copies that nobody needs: beyond those that were wished for, one for each task that has yet to read the value.</summary>
/// <remarks>dask: <c>ReduceReplicas</c>, which knows of no wishes and undoes <c>replicate</c>.</remarks>
internal sealed class ReduceReplicas : IActiveMemoryManagerPolicy
{
    public string Name => nameof(ReduceReplicas);

    public void Run(IActiveMemoryManager manager)
    {
        foreach (var key in manager.ReplicatedKeys)
        {
            if (manager.Find(key) is not { } replicas)
            {
                continue;
            }

            for (var spare = replicas.Holders.Count - Math.Max(replicas.WantedReplicas, Math.Max(1, replicas.WaiterCount)); spare > 0; spare--)
            {
                if (manager.Drop(key) is null)
                {
                    break;
                }
            }
        }
    }
}
