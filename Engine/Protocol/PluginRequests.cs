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
