using Engine.Plugins;
using Engine.Protocol;

namespace Engine.Workers.Execution;

/// <summary>What a running function can reach of its worker.</summary>
internal interface IExecutionHost
{
    WorkerAddress Self { get; }

    IServiceProvider? Services { get; }

    IReadOnlyDictionary<string, string> Environment { get; }

    Client Client { get; }

    void LogEvent(string topic, object? content);

    /// <summary>A hook of a plugin threw.</summary>
    void PluginFailed(WorkerPlugin plugin, string hook, Exception exception);

    /// <summary>A function with this context runs.</summary>
    void Entered(TaskContext context);

    /// <summary>The function with this context has ended.</summary>
    void Left(TaskContext context);

    /// <summary>A task leaves its slot; another may start.</summary>
    void Secede(TaskContext context);

    /// <summary>A task has run as long as it may.</summary>
    void TimeLimitReached(TaskContext context);

    /// <summary>Waits for a slot.</summary>
    Task AcquireSlotAsync();

    void ReleaseSlot();
}
