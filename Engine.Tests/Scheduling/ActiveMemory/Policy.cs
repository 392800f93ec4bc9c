using Engine.Plugins;

namespace Engine.Tests.Scheduling.ActiveMemory;

/// <summary>A policy that does what a test says.</summary>
internal sealed class Policy(string name, Action<IActiveMemoryManager> run) : IActiveMemoryManagerPolicy
{
    public string Name => name;

    public void Run(IActiveMemoryManager manager) => run(manager);
}
