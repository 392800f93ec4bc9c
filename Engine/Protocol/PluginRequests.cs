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
internal sealed class RegisterRemotePlugin(RemotePluginKind kind, string name, object create, bool isIdempotent) : PluginRequest
{
    public RemotePluginKind Kind { get; } = kind;

    public string Name { get; } = name;

    /// <summary>Makes an instance: a function that gives a <see cref="WorkerPlugin"/> or a <see cref="NannyPlugin"/>, or a reference to one that isn't found in this process.</summary>
    public object Create { get; } = create;

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
internal sealed class AddPlugin(long number, string name, object create) : Plugins.Transports.Message
{
    public long Number { get; } = number;

    public string Name { get; } = name;

    /// <summary>As in <see cref="RegisterRemotePlugin"/>.</summary>
    public object Create { get; } = create;
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

/// <summary>Functions that make plugins, at those who run them.</summary>
internal static class PluginFunctions
{
    public static PluginException NotFound(string name, object create) => new(
        $"The function that makes the plugin \"{name}\" is not there in this process ({create}). Load the assembly that has it here too.");
}
