namespace Engine.Plugins;

/// <summary>Proposes which values are to be copied or dropped. The manager decides.</summary>
/// <remarks>dask: <c>ActiveMemoryManagerPolicy</c>, whose generators yield suggestions and are told what became of them.</remarks>
public interface IActiveMemoryManagerPolicy
{
    /// <summary>Its name; unique among the policies of a scheduler.</summary>
    string Name { get; }

    /// <summary>Makes its proposals for one round. Runs in the scheduler's turn: look at what you need, not at everything.</summary>
    /// <param name="manager">The view of the round; valid for the call.</param>
    void Run(IActiveMemoryManager manager);
}

/// <summary>What the active memory manager shows a policy, and takes from it.</summary>
public interface IActiveMemoryManager
{
    /// <summary>The workers, with the bytes that they will hold once all accepted proposals are carried out.</summary>
    IReadOnlyList<WorkerMemory> Workers { get; }

    /// <summary>Keys with more than one copy, in the order in which they got them.</summary>
    IEnumerable<TaskKey> ReplicatedKeys { get; }

    /// <summary>Keys that a worker holds a copy of.</summary>
    /// <param name="worker">The worker; one that is no member holds none.</param>
    /// <returns>The keys, oldest first.</returns>
    IEnumerable<TaskKey> KeysOn(WorkerId worker);

    /// <summary>A key's copies.</summary>
    /// <param name="key">The key.</param>
    /// <returns>What is known, or null if no worker holds it.</returns>
    KeyReplicas? Find(TaskKey key);

    /// <summary>Proposes a further copy.</summary>
    /// <param name="key">The key.</param>
    /// <param name="candidates">Who may take it; null: whoever can.</param>
    /// <returns>
    /// Who will: the running worker with least memory in use that lacks it and is not known to leave before its holders. Null if
    /// the proposal was refused.
    /// </returns>
    WorkerId? Replicate(TaskKey key, IReadOnlyCollection<WorkerId>? candidates = null);

    /// <summary>Proposes to drop a copy.</summary>
    /// <param name="key">The key.</param>
    /// <param name="candidates">Who may drop it; null: whoever can.</param>
    /// <returns>
    /// Who will: one that doesn't run before one that does, then the one with most memory in use. Null if the proposal was refused:
    /// the last copy is never dropped (I11), nor one that a wish for replicas or a task on its worker needs.
    /// </returns>
    WorkerId? Drop(TaskKey key, IReadOnlyCollection<WorkerId>? candidates = null);
}

/// <summary>A worker's memory within a round.</summary>
/// <param name="Id">The worker.</param>
/// <param name="Status">Where it is in its life.</param>
/// <param name="Bytes">Bytes that it holds, with what it was asked to take and to drop.</param>
/// <param name="Limit">Bytes that it may hold, or null.</param>
public sealed record WorkerMemory(WorkerId Id, Status Status, long Bytes, long? Limit);

/// <summary>The copies of a value.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Bytes">Bytes of one copy.</param>
/// <param name="Holders">Who holds one.</param>
/// <param name="WantedReplicas">How many copies there shall be: 1, or what somebody wished.</param>
/// <param name="WaiterCount">Tasks that have yet to read it.</param>
public sealed record KeyReplicas(TaskKey Key, long Bytes, IReadOnlyList<WorkerId> Holders, int WantedReplicas, int WaiterCount);
