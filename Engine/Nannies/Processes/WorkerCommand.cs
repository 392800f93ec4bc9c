namespace Engine.Nannies.Processes;

/// <summary>How a worker process is started: this program once more, with its assemblies, framework and settings.</summary>
/// <param name="FileName">What is executed.</param>
/// <param name="Arguments">Its arguments; none are a user's.</param>
internal sealed record WorkerCommand(string FileName, IReadOnlyList<string> Arguments)
{
    private const string DepsEnd = ".deps.json";
    private const string ConfigEnd = ".runtimeconfig.json";

    /// <summary>
    /// Variables of a worker process, unless its environment has them already: it starts quickly and takes little memory, because there
    /// are many, and what they wait for is functions rather than themselves.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Tuning { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["DOTNET_gcServer"] = "0", // A heap for each processor, times as many workers.
        ["DOTNET_TieredPGO"] = "0", // Instrumented code on the way to the code that stays.
    };

    /// <summary>The command, from what is known of this program.</summary>
    /// <exception cref="NotSupportedException">A program like this can't be started as a worker.</exception>
    public static WorkerCommand Derive(ProgramFacts program)
    {
        if (!program.AllowsHooks)
        {
            throw Unsupported("it was published without startup hooks (StartupHookSupport is false, as in trimmed and native programs)");
        }

        if (program.EntryAssembly is not { Length: > 0 } entry)
        {
            throw Unsupported("it is one file, or was not started by dotnet, so its assemblies are not there as files");
        }

        var deps = FindDeps(program);
        var config = FindConfig(program, entry, deps);
        var host = FindHost(program);
        if (IsSelfContained(program, entry) || config is null || host is null)
        {
            // The program's own executable finds all that by itself.
            return program.ProcessPath is { } executable && !IsDotnet(executable)
                ? new WorkerCommand(executable, [])
                : throw Unsupported($"there is no {Path.GetFileNameWithoutExtension(entry)}{ConfigEnd} beside {entry}");
        }

        string[] depsFile = deps is null ? [] : ["--depsfile", deps];
        return new WorkerCommand(host, ["exec", .. depsFile, "--runtimeconfig", config, entry]);
    }

    /// <summary>Those of the tuning that an environment doesn't have, so that they have to be set, and unset before functions run.</summary>
    public static IReadOnlyList<string> MissingIn(Func<string, bool> has) => [.. Tuning.Keys.Where(name => !has(name)).Order(StringComparer.Ordinal)];

    /// <summary>The program's; the framework has one too.</summary>
    private static string? FindDeps(ProgramFacts program) => program.DepsFiles
        .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .FirstOrDefault(file => Path.GetDirectoryName(file) != Path.TrimEndingDirectorySeparator(program.RuntimeDirectory));

    /// <summary>What the program runs with is named like its dependencies; under a test host the assembly that is executed is another.</summary>
    private static string? FindConfig(ProgramFacts program, string entry, string? deps)
    {
        string?[] candidates =
        [
            deps?.EndsWith(DepsEnd, StringComparison.Ordinal) == true ? deps[..^DepsEnd.Length] + ConfigEnd : null,
            Path.ChangeExtension(entry, null) + ConfigEnd,
        ];
        return candidates.FirstOrDefault(file => file is not null && program.Exists(file));
    }

    /// <summary>This process if it is dotnet; else the dotnet whose runtime this process uses.</summary>
    private static string? FindHost(ProgramFacts program)
    {
        if (program.ProcessPath is { } path && IsDotnet(path))
        {
            return path;
        }

        var name = program.IsWindows ? "dotnet.exe" : "dotnet";
        string?[] candidates =
        [
            Path.GetFullPath(Path.Combine(program.RuntimeDirectory, "..", "..", "..", name)), // <root>/shared/<framework>/<version>
            program.DotnetRoot is { Length: > 0 } root ? Path.Combine(root, name) : null,
        ];
        return candidates.FirstOrDefault(file => file is not null && program.Exists(file));
    }

    private static bool IsSelfContained(ProgramFacts program, string entry) =>
        Path.GetDirectoryName(entry) == Path.TrimEndingDirectorySeparator(program.RuntimeDirectory);

    private static bool IsDotnet(string path) => Path.GetFileNameWithoutExtension(path) == "dotnet";

    private static NotSupportedException Unsupported(string because) => new(
        $"This program can't be started as a worker process: {because}. Publish it framework-dependent and not as a single file, "
        + $"or leave {nameof(LocalClusterOptions)}.{nameof(LocalClusterOptions.Processes)} false.");
}
