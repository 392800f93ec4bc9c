using Engine.Plugins.Transports;

namespace Engine.Nannies.Processes;

/// <summary>Where worker processes of a cluster live.</summary>
/// <param name="SchedulerAddress">Where they reach the scheduler.</param>
/// <param name="Security">Who they trust.</param>
internal sealed record ProcessPlace(string SchedulerAddress, TransportSecurity Security)
{
    /// <summary>Where each listens; null: at an address of the scheduler's scheme, which is chosen.</summary>
    public string? ListenAddress { get; init; }

    /// <summary>Files of assemblies in which functions are looked for, beside those of this program.</summary>
    public IReadOnlyList<string> Assemblies { get; init; } = [];

    /// <summary>Whether machines check themselves after every step.</summary>
    public bool Validate { get; init; }

    /// <summary>How long a process may take until its worker is let in; then it is killed.</summary>
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromSeconds(30);

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What is executed; null: this program.</summary>
    public WorkerCommand? Command { get; init; }

    /// <summary>The assembly with the startup hook; tests have one of their own.</summary>
#pragma warning disable IL3000 // Empty in a program that is one file: WorkerCommand refuses those.
    public string HookAssembly { get; init; } = typeof(StartupHook).Assembly.Location;
#pragma warning restore IL3000
}
