namespace Engine.Clients;

/// <summary>
/// The hold of some futures on their tasks. Problem: a future that is merely dropped has to release its task, but a
/// finalizer for each costs more than the task. Idea: futures that were submitted together (up to 32 of one batch, or
/// a whole map) share one; when the last of them is gone, what was not released before is released together.
/// </summary>
internal sealed class FutureLease(Client client, TaskKey first, int count)
{
    public const int SharedMax = 32;

    ~FutureLease() => Client.ReleaseDropped(this);

    public Client Client { get; } = client;

    public TaskKey First { get; } = first;

    /// <summary>Whether the key was found by name or in a dataset: then it is one hold among several of that key.</summary>
    public bool IsFound { get; init; }

    /// <summary>Whether a found key was given up. Guarded by the client's lock.</summary>
    public bool IsReleased { get; set; }

    /// <summary>Consecutive keys from <see cref="First"/>. Grows while the lease is the client's newest.</summary>
    public int Count { get; set; } = count;
}
