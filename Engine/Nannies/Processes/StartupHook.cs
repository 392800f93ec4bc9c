using Engine.Nannies.Processes;

/// <summary>
/// What the runtime calls before <c>Main</c> in a process that was started with this assembly in <c>DOTNET_STARTUP_HOOKS</c>; the runtime
/// asks for this name, without a namespace. In a worker process it runs the worker, so that <c>Main</c> never runs; in any other it does nothing.
/// </summary>
#pragma warning disable CA1050 // See above.
internal static class StartupHook
#pragma warning restore CA1050
{
    public static void Initialize() => WorkerProcess.RunIfAsked(static () => new EngineWorkerBody());
}
