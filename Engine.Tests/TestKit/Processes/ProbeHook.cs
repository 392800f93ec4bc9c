using Engine.Nannies.Processes;
using Engine.Tests.TestKit.Processes;

/// <summary>What the runtime calls in worker processes that tests start with this assembly as a hook. See the engine's class of this name.</summary>
#pragma warning disable CA1050 // The runtime asks for this name, without a namespace.
internal static class StartupHook
#pragma warning restore CA1050
{
    public static void Initialize() => WorkerProcess.RunIfAsked(static () => new TestBody());
}
