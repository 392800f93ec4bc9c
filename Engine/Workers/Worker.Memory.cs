using Engine.Plugins;
using Engine.Workers.Machine;

namespace Engine.Workers;

/// <summary>The worker's memory: how much of it may be used, and how much is.</summary>
internal sealed partial class Worker
{
    /// <summary>Where the scheduler is told what the store could not do.</summary>
    private const string SpillTopic = "spill";

    private long _managedBytes;
    private long _spilledBytes;

    /// <summary>Bytes of values in memory, as measured, after the last turn. From any thread.</summary>
    public long ManagedBytes => Volatile.Read(ref _managedBytes);

    /// <summary>Bytes in the store after the last turn. From any thread.</summary>
    public long SpilledBytes => Volatile.Read(ref _spilledBytes);

    private WorkerSettings Settings => new()
    {
        Slots = _options.Threads,
        Resources = _options.Resources.AsReadOnly(),
        MemoryLimit = _options.MemoryLimit,
        MemoryTarget = _options.MemoryTarget,
        MemoryPause = _options.MemoryPause,
        Validate = _validate,
    };

    /// <summary>Stops new work from starting, or lets it start again. Memory can pause the worker too; it runs if neither does.</summary>
    public void Pause(bool paused) => Inbox.Post(new PauseRequested(paused));

    private void ReportSpill(string problem) => LogEvent(SpillTopic, $"{Self}: {problem}");

    private ISpillStore CreateStore() => _options.SpillStore?.Invoke(Name) ?? new FileSpillStore();

    /// <summary>The most bytes of values that were in memory after a turn; for tests.</summary>
    internal long MostManagedBytes { get; set; }

    private void NoteMemory()
    {
        MostManagedBytes = Math.Max(MostManagedBytes, _machine!.ManagedBytes);
        Volatile.Write(ref _managedBytes, _machine!.ManagedBytes);
        Volatile.Write(ref _spilledBytes, _machine.SpilledBytes);
    }
}
