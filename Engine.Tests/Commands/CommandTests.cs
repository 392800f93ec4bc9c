using System.Runtime.Loader;
using System.Security.Cryptography;
using Engine.Host;
using Engine.Host.Commands;
using Engine.Plugins.Transports;
using Engine.Tests.TestKit;
using Engine.Tests.TestKit.Processes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Engine.Tests.Commands;

[Collection("Processes")]
public sealed class CommandTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("engine-commands-");
    private readonly string _secret;
    private readonly string _address;

    public CommandTests()
    {
        (_secret, _address) = (Path.Combine(_directory.FullName, "secret"), $"unix://{Path.Combine(_directory.FullName, "s")}");
        File.WriteAllBytes(_secret, RandomNumberGenerator.GetBytes(32));
    }

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task A_cluster_of_commands_runs_functions_of_an_uploaded_assembly_and_a_worker_that_is_told_to_end_hands_over_what_it_holds()
    {
        await using var scheduler = EngineCommand.Start("scheduler", "--listen", _address, "--secret-file", _secret);
        Assert.Equal(_address, await scheduler.NextAsync("The scheduler listens at "));
        await using var first = Worker("first");
        await first.NextAsync("The worker first runs");
        await using var client = await Client.ConnectAsync(
            _address, new ClientOptions { Security = new TransportSecurity { Secret = File.ReadAllBytes(_secret) } }).Within("connection");
        var (path, function) = CompileProgram();

        var early = await Assert.ThrowsAsync<TaskFailedException>(() => client.Submit(function, 20).AsTask().Within("the failure"));
        Assert.IsType<FunctionBindingException>(early.InnerException);
        await client.UploadAssemblyAsync(path).Within("the upload");
        var value = client.Submit(function, 21);
        Assert.Equal("twice is 42", await value.AsTask().Within("the value"));

        await using var second = Worker("second");
        await second.NextAsync("The worker second runs");
        Assert.Equal("twice is 10", await client.Submit(function, 5, new SubmitOptions { Workers = ["second"] }).AsTask().Within("a value of one that came later"));
        first.Terminate();
        Assert.Contains("Retired", await first.NextAsync("worker-1 (first) "), StringComparison.Ordinal);
        Assert.Equal(0, await first.EndAsync());
        Assert.Equal("twice is 42", await value.AsTask().Within("the value, on the other worker"));

        var status = await EngineCommand.RunAsync("status", _address, "--secret-file", _secret);
        Assert.Equal(0, status.ExitCode);
        Assert.Equal(["second"], status.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(static line => line.Split('\t')[1]));
        var unknown = await EngineCommand.RunAsync("retire", _address, "--worker", "nobody", "--secret-file", _secret);
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("\"nobody\"", unknown.Errors, StringComparison.Ordinal);
        scheduler.Terminate();
        Assert.Equal(0, await scheduler.EndAsync());
        Assert.Equal(0, await second.EndAsync());
    }

    [Fact]
    public async Task A_scheduler_that_is_killed_ends_nannies_and_workers_within_the_death_timeout_and_no_process_is_left()
    {
        await using var scheduler = EngineCommand.Start("scheduler", "--listen", _address, "--secret-file", _secret);
        await scheduler.NextAsync("The scheduler listens at ");
        await using var nanny = EngineCommand.Start("nanny", _address, "--workers", "2", "--death-timeout", "8s", "--secret-file", _secret);
        await nanny.NextAsync("2 workers run: ");
        await using var single = Worker("single");
        await single.NextAsync("The worker single runs");
        var workers = nanny.Children();
        Assert.Equal(2, workers.Count);

        scheduler.Kill();

        Assert.Equal(1, await single.EndAsync());
        Assert.Equal(1, await nanny.EndAsync());
        foreach (var worker in workers)
        {
            await ProbeFixture.EndOf(worker);
        }
    }

    [Fact]
    public async Task A_worker_with_another_secret_ends_with_the_code_that_says_not_to_restart_it()
    {
        await using var scheduler = EngineCommand.Start("scheduler", "--listen", _address, "--secret-file", _secret);
        await scheduler.NextAsync("The scheduler listens at ");
        var other = Path.Combine(_directory.FullName, "other");
        File.WriteAllBytes(other, RandomNumberGenerator.GetBytes(32));

        Assert.Equal(3, (await EngineCommand.RunAsync("worker", _address, "--secret-file", other)).ExitCode);
    }

    [Fact]
    public async Task Wrong_use_has_a_code_and_a_sentence_of_its_own()
    {
        var (exitCode, output, errors) = await EngineCommand.RunAsync("retire", _address, "--worker", "w", "--deadline", "soon");
        Assert.Equal(2, exitCode);
        Assert.Contains("\"soon\" is no duration. Write 500ms, 30s, 5m or 1h.", output + errors, StringComparison.Ordinal);
        Assert.Equal(2, (await EngineCommand.RunAsync("worker", "carrier-pigeon://loft")).ExitCode);
    }

    [Fact]
    public async Task A_scheduler_for_everybody_does_not_start_without_certificates()
    {
        var (exitCode, _, errors) = await EngineCommand.RunAsync("scheduler", "--listen", "tcp://0.0.0.0:0");
        Assert.Equal(3, exitCode);
        Assert.Contains("tls", errors, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("30s", 30)]
    [InlineData("1.5m", 90)]
    [InlineData("2h", 7200)]
    public void Durations_are_read_as_people_write_them(string text, double seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), Durations.TryParse(text));

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("30")]
    [InlineData("-1s")]
    [InlineData("9999h")]
    public void What_is_no_duration_is_none(string text) => Assert.Null(Durations.TryParse(text));

    [Fact]
    public void A_status_for_other_programs_has_a_line_for_each_worker()
    {
        var text = new StringWriter { NewLine = "\n" };
        StatusCommand.Write([new WorkerInfo { Id = new WorkerId(7), Name = "ann", Address = "unix:///a", Threads = 2, ProcessingCount = 3, HeldCount = 4, HeldBytes = 5 }], text);
        Assert.Equal("id\tname\tstatus\tthreads\tprocessing\theld\tbytes\taddress\n7\tann\tRunning\t2\t3\t4\t5\tunix:///a\n", text.ToString());
    }

    private EngineCommand Worker(string name) => EngineCommand.Start("worker", _address, "--name", name, "--secret-file", _secret);

    /// <summary>A program that no worker has.</summary>
    private (string Path, Func<int, string> Function) CompileProgram()
    {
        var path = Path.Combine(_directory.FullName, "SomeProgram.dll");
        var result = CSharpCompilation.Create(
            "SomeProgram",
            [CSharpSyntaxTree.ParseText("public static class Program { public static string Twice(int x) => $\"twice is {2 * x}\"; }")],
            [MetadataReference.CreateFromFile(typeof(object).Assembly.Location), MetadataReference.CreateFromFile(System.Reflection.Assembly.Load("System.Runtime").Location)],
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary)).Emit(path);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics));
        var assembly = new AssemblyLoadContext("program", isCollectible: true).LoadFromStream(new MemoryStream(File.ReadAllBytes(path)));
        return (path, assembly.GetType("Program")!.GetMethod("Twice")!.CreateDelegate<Func<int, string>>());
    }
}
