using Engine.Nannies.Processes;

namespace Engine.Tests.Nannies.Processes;

/// <summary>A program is started once more from what is known of it, however it was started itself.</summary>
public sealed class WorkerCommandTests
{
    private const string Runtime = "/usr/share/dotnet/shared/Microsoft.NETCore.App/10.0.0";
    private const string RuntimeDeps = $"{Runtime}/Microsoft.NETCore.App.deps.json";

    private static readonly ProgramFacts s_program = new()
    {
        ProcessPath = "/usr/share/dotnet/dotnet",
        EntryAssembly = "/app/Program.dll",
        DepsFiles = $"/app/Program.deps.json;{RuntimeDeps}",
        RuntimeDirectory = Runtime,
        Exists = static file => file == "/app/Program.runtimeconfig.json",
    };

    private static readonly string[] s_arguments =
        ["exec", "--depsfile", "/app/Program.deps.json", "--runtimeconfig", "/app/Program.runtimeconfig.json", "/app/Program.dll"];

    [Fact]
    public void A_program_that_dotnet_runs_is_run_by_the_same_dotnet() => Is("/usr/share/dotnet/dotnet", s_arguments, s_program);

    [Fact]
    public void A_program_with_an_executable_is_run_by_the_dotnet_that_has_its_runtime() => Is(
        "/usr/share/dotnet/dotnet",
        s_arguments,
        s_program with
        {
            ProcessPath = "/app/Program",
            DotnetRoot = "/elsewhere",
            Exists = static file => file is "/app/Program.runtimeconfig.json" or "/usr/share/dotnet/dotnet" or "/elsewhere/dotnet",
        });

    [Fact]
    public void Without_a_dotnet_beside_its_runtime_the_one_that_a_variable_names_is_taken() => Is(
        "/elsewhere/dotnet",
        s_arguments,
        s_program with
        {
            ProcessPath = "/app/Program",
            DotnetRoot = "/elsewhere",
            Exists = static file => file is "/app/Program.runtimeconfig.json" or "/elsewhere/dotnet",
        });

    [Fact]
    public void Without_any_dotnet_the_executable_runs_itself() => Is("/app/Program", [], s_program with { ProcessPath = "/app/Program" });

    [Fact]
    public void A_program_that_brings_its_runtime_along_runs_itself() => Is(
        "/app/Program",
        [],
        s_program with { ProcessPath = "/app/Program", RuntimeDirectory = "/app", DepsFiles = "/app/Program.deps.json", Exists = static _ => true });

    [Fact]
    public void Under_a_test_host_the_settings_are_those_of_the_tests() => Is(
        "/usr/share/dotnet/dotnet",
        ["exec", "--depsfile", "/tests/Some.Tests.deps.json", "--runtimeconfig", "/tests/Some.Tests.runtimeconfig.json", "/packages/testhost.dll"],
        s_program with
        {
            EntryAssembly = "/packages/testhost.dll",
            DepsFiles = $"/tests/Some.Tests.deps.json;{RuntimeDeps}",
            Exists = static file => file is "/tests/Some.Tests.runtimeconfig.json" or "/packages/testhost.runtimeconfig.json",
        });

    [Fact]
    public void A_program_without_a_list_of_what_it_is_made_of_needs_none() => Is(
        "/usr/share/dotnet/dotnet", ["exec", "--runtimeconfig", "/app/Program.runtimeconfig.json", "/app/Program.dll"], s_program with { DepsFiles = RuntimeDeps });

    [Theory]
    [InlineData("single file")]
    [InlineData("no hooks")]
    [InlineData("no settings")]
    public void A_program_that_can_not_be_started_once_more_is_refused_with_what_to_do(string kind)
    {
        var program = kind switch
        {
            "single file" => s_program with { EntryAssembly = string.Empty },
            "no hooks" => s_program with { AllowsHooks = false },
            _ => s_program with { Exists = static _ => false },
        };

        var error = Assert.Throws<NotSupportedException>(() => WorkerCommand.Derive(program));

        Assert.Contains("leave LocalClusterOptions.Processes false", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void This_program_can_be_started_once_more()
    {
        var command = WorkerCommand.Derive(ProgramFacts.OfThisProcess());

        Assert.True(File.Exists(command.FileName), command.FileName);
        Assert.All(command.Arguments.Where(static argument => argument.Contains('/', StringComparison.Ordinal)), file => Assert.True(File.Exists(file), file));
    }

    [Fact]
    public void What_an_environment_says_itself_is_not_changed() =>
        Assert.Equal(WorkerCommand.Tuning.Count - 1, WorkerCommand.MissingIn(static name => name == "DOTNET_gcServer").Count);

    [Theory]
    [InlineData("/engine.dll", null)]
    [InlineData("/other.dll:/engine.dll", "/other.dll")]
    [InlineData(null, null)]
    public void A_worker_takes_its_own_hook_away_and_leaves_others(string? hooks, string? left) =>
        Assert.Equal(left, WorkerProcess.WithoutLast(hooks?.Replace(':', Path.PathSeparator)));

    private static void Is(string file, string[] arguments, ProgramFacts program)
    {
        var command = WorkerCommand.Derive(program);
        Assert.Equal(file, command.FileName);
        Assert.Equal(arguments, command.Arguments);
    }
}
