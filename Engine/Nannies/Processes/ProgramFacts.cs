using System.Reflection;

namespace Engine.Nannies.Processes;

/// <summary>What is known of a running program, and is needed to start it once more.</summary>
internal sealed record ProgramFacts
{
    /// <summary>What is executed: dotnet, or an executable of the program's own.</summary>
    public string? ProcessPath { get; init; }

    /// <summary>The file of the assembly with <c>Main</c>; null or empty if there is none.</summary>
    public string? EntryAssembly { get; init; }

    /// <summary>The files that say what the program is made of, with <c>;</c> between them: its own and those of frameworks.</summary>
    public string DepsFiles { get; init; } = string.Empty;

    /// <summary>Where the runtime is.</summary>
    public required string RuntimeDirectory { get; init; }

    /// <summary>Where dotnet is installed, if a variable says so.</summary>
    public string? DotnetRoot { get; init; }

    /// <summary>Whether the runtime calls startup hooks in this program.</summary>
    public bool AllowsHooks { get; init; } = true;

    public bool IsWindows { get; init; }

    /// <summary>Whether there is a file.</summary>
    public Func<string, bool> Exists { get; init; } = File.Exists;

    /// <summary>Those of this process.</summary>
#pragma warning disable IL3000 // Empty in a program that is one file: then it can't be started as a worker, and WorkerCommand says so.
    public static ProgramFacts OfThisProcess() => new()
    {
        ProcessPath = Environment.ProcessPath,
        EntryAssembly = Assembly.GetEntryAssembly()?.Location,
        DepsFiles = AppContext.GetData("APP_CONTEXT_DEPS_FILES") as string ?? string.Empty,
        RuntimeDirectory = Path.GetDirectoryName(typeof(object).Assembly.Location) ?? string.Empty,
        DotnetRoot = Environment.GetEnvironmentVariable("DOTNET_ROOT"),
        AllowsHooks = !AppContext.TryGetSwitch("System.StartupHookProvider.IsSupported", out var allows) || allows,
        IsWindows = OperatingSystem.IsWindows(),
    };
#pragma warning restore IL3000
}
