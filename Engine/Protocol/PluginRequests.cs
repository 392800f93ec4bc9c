using Engine.Plugins;

namespace Engine.Protocol;

/// <summary>An order that is about plugins. Answered when it has been carried out everywhere.</summary>
internal abstract class PluginRequest : Request;

internal sealed class RegisterSchedulerPlugin(SchedulerPlugin plugin) : PluginRequest
{
    public SchedulerPlugin Plugin { get; } = plugin;
}

internal sealed class UnregisterSchedulerPlugin(string name) : PluginRequest
{
    public string Name { get; } = name;
}

internal sealed class RegisterPolicy(IActiveMemoryManagerPolicy policy) : PluginRequest
{
    public IActiveMemoryManagerPolicy Policy { get; } = policy;
}

internal sealed class UnregisterPolicy(string name) : PluginRequest
{
    public string Name { get; } = name;
}

/// <summary>Registers a plugin of all workers, or of all nannies, those that come later included.</summary>
internal sealed class RegisterRemotePlugin(RemotePluginKind kind, string name, Delegate create, bool isIdempotent) : PluginRequest
{
    public RemotePluginKind Kind { get; } = kind;

    public string Name { get; } = name;

    /// <summary>Makes an instance: a <see cref="WorkerPlugin"/> or a <see cref="NannyPlugin"/>.</summary>
    public Delegate Create { get; } = create;

    /// <summary>Whether it is left out if there is one of the name.</summary>
    public bool IsIdempotent { get; } = isIdempotent;
}

internal sealed class UnregisterRemotePlugin(RemotePluginKind kind, string name) : PluginRequest
{
    public RemotePluginKind Kind { get; } = kind;

    public string Name { get; } = name;
}

/// <summary>Where plugins run that the scheduler only hands out.</summary>
internal enum RemotePluginKind
{
    Worker,
    Nanny,
}

/// <summary>A worker or a nanny shall have a plugin, in the place of one of that name. Answered by <see cref="PluginDone"/>.</summary>
internal sealed class AddPlugin(long number, string name, Delegate create) : Plugins.Transports.Message
{
    public long Number { get; } = number;

    public string Name { get; } = name;

    public Delegate Create { get; } = create;
}

/// <summary>A worker or a nanny shall no longer have a plugin. Answered by <see cref="PluginDone"/>.</summary>
internal sealed class RemovePlugin(long number, string name) : Plugins.Transports.Message
{
    public long Number { get; } = number;

    public string Name { get; } = name;
}

/// <summary>What came of an order about a plugin.</summary>
internal sealed class PluginDone(long number, Exception? error) : Plugins.Transports.Message
{
    public long Number { get; } = number;

    public Exception? Error { get; } = error;
}
