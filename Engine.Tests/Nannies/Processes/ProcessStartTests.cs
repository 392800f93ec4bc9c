using Engine.Nannies.Processes;
using Engine.Tests.TestKit;
using Engine.Tests.TestKit.Processes;
using Microsoft.Extensions.Time.Testing;

namespace Engine.Tests.Nannies.Processes;

/// <summary>A child that dies at any point of its start: whoever waits gets the child's own error, when the process is gone.</summary>
[Collection("Processes")]
public sealed class ProcessStartTests
{
    [Theory]
    [InlineData("exit 3", "ended with exit code 3 before its worker ran")]
    [InlineData("signal 9", "was killed by SIGKILL (exit code 137) before its worker ran")]
    [InlineData("throw no luck", "System.InvalidOperationException: no luck (its process")]
    [InlineData("throw no luck", "ended with exit code 1)")]
    public async Task Its_own_error_is_thrown(string probe, string expected)
    {
        await using var probes = new ProbeFixture();

        var error = await Assert.ThrowsAsync<StartFailedException>(() => probes.StartAsync(probe));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Empty(probes.Marked());
    }

    [Fact]
    public async Task What_it_threw_is_there_with_the_place_where_it_was_thrown()
    {
        await using var probes = new ProbeFixture();

        var error = await Assert.ThrowsAsync<StartFailedException>(() => probes.StartAsync("throw no luck"));

        Assert.Contains(nameof(ProbeBody), error.InnerException!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_was_not_let_in_says_so()
    {
        await using var probes = new ProbeFixture();

        var error = await Assert.ThrowsAsync<WorkerRefusedException>(() => probes.StartAsync("refuse its host is retired"));

        Assert.Equal("its host is retired", error.Message);
        Assert.Empty(probes.Marked());
    }

    [Fact]
    public async Task A_process_that_ends_before_it_says_anything_is_an_error_with_its_exit_code()
    {
        await using var probes = new ProbeFixture();

        var error = await Assert.ThrowsAsync<StartFailedException>(
            () => probes.StartAsync("ready", static place => place with { Command = new WorkerCommand("sh", ["-c", "exit 42"]) }));

        Assert.Contains("ended with exit code 42", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_can_not_be_executed_is_an_error_that_names_it()
    {
        await using var probes = new ProbeFixture();

        var error = await Assert.ThrowsAsync<StartFailedException>(
            () => probes.StartAsync("ready", static place => place with { Command = new WorkerCommand("no-such-program", []) }));

        Assert.Contains("no-such-program can't be executed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_hangs_in_its_start_is_killed_at_the_limit()
    {
        await using var probes = new ProbeFixture();
        var time = new FakeTimeProvider();
        var starting = probes.StartAsync("hang", place => place with { Time = time });

        time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(starting.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        var error = await Assert.ThrowsAsync<StartFailedException>(() => starting);
        Assert.Contains("was not ready within 00:00:30, so it was killed", error.Message, StringComparison.Ordinal);
        Assert.Empty(probes.Marked());
    }

    [Fact]
    public async Task A_start_that_is_given_up_ends_when_the_process_has()
    {
        await using var hold = new Hold();
        await using var probes = new ProbeFixture();
        using var source = new CancellationTokenSource();
        var starting = probes.StartAsync($"hold {hold.Name}", cancellationToken: source.Token);
        await hold.EnteredAsync();
        Assert.NotEmpty(probes.Marked());

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
        Assert.Empty(probes.Marked());
    }

    [Fact]
    public async Task A_test_that_fails_while_a_probe_starts_does_not_leave_it()
    {
        await using var hold = new Hold();
        var probes = new ProbeFixture();
        var starting = probes.StartAsync($"hold {hold.Name}", static place => place with { Time = new FakeTimeProvider() });
        await hold.EnteredAsync();

        await probes.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
    }

    [Fact]
    public async Task A_nanny_of_another_version_is_told_that_its_worker_can_not_be_started()
    {
        await using var probes = new ProbeFixture();
        var launcher = WorkerCommand.Derive(ProgramFacts.OfThisProcess());
        var start = new System.Diagnostics.ProcessStartInfo(launcher.FileName, launcher.Arguments) { RedirectStandardInput = true };
        foreach (var (name, value) in probes.Variables("ready").Append(new(WorkerProcess.HooksVariable, typeof(ProbeBody).Assembly.Location)))
        {
            start.Environment[name] = value;
        }

        var launch = new Engine.Nannies.WorkerLaunch(NannyId.New(), static (_, _) => Task.CompletedTask, null, probes.Variables("ready"));
        var document = WorkerLaunchCodec.Encode(
            new WorkerOptions { Name = "old" }, new ProcessPlace("probe://", new Engine.Plugins.Transports.TransportSecurity()), launch, []) with
        {
            Version = 99,
        };
        var child = ChildProcess.Start(start, document, launch, TimeProvider.System);

        var error = await Assert.ThrowsAsync<StartFailedException>(() => child.Ready.Within("its answer"));
        Assert.Contains("version 99", error.Message, StringComparison.Ordinal);
        Assert.Contains("exit code 2", error.Message, StringComparison.Ordinal);
        await child.Exited.Within("its end");
    }
}
