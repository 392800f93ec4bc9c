using System.Globalization;
using Engine.Nannies.Processes;
using Engine.Tests.TestKit;
using Engine.Tests.TestKit.Processes;

namespace Engine.Tests.Nannies.Processes;

/// <summary>Worker processes, real ones, from their start to their end.</summary>
[Collection("Processes")]
public sealed class ProcessWorkerTests
{
    [Fact]
    public async Task A_worker_process_starts_says_that_it_is_ready_and_ends_when_it_is_asked_to()
    {
        await using var probes = new ProbeFixture();
        var worker = await probes.StartAsync("ready");

        Assert.Equal(ProbeBody.Number, worker.Id.Number);
        Assert.NotEqual(Environment.ProcessId, worker.ProcessId);
        worker.Stop(CloseReason.UserRequest, "the test is over");

        Assert.Equal((CloseReason.UserRequest, "the test is over"), await worker.Exited.Within("its end"));
        Assert.Equal([(CloseReason.UserRequest, "the test is over")], probes.Told);
    }

    [Theory]
    [InlineData("then-exit 5", "its process ended with exit code 5, without a word")]
    [InlineData("then-signal 9", "its process was killed by SIGKILL (exit code 137), without a word")]
    [InlineData("then-signal 15", "its process was killed by SIGTERM (exit code 143), without a word")]
    public async Task An_end_without_a_word_is_a_crash_that_names_exit_code_or_signal(string probe, string detail)
    {
        await using var probes = new ProbeFixture();
        var worker = await probes.StartAsync(probe);

        Assert.Equal((CloseReason.Crashed, detail), await worker.Exited.Within("its end"));
    }

    [Fact]
    public async Task To_kill_one_that_has_ended_changes_nothing()
    {
        await using var probes = new ProbeFixture();
        var worker = await probes.StartAsync("then-exit 5");
        var end = await worker.Exited.Within("its end");

        worker.Kill(CloseReason.UserRequest, "too late");

        Assert.Equal(end, await worker.Exited);
    }

    [Theory]
    [InlineData(CloseReason.Missing)]
    [InlineData(CloseReason.Restart)]
    [InlineData(CloseReason.InternalError)]
    public async Task A_worker_that_closes_says_why_and_its_nanny_knows_before_it_ends(CloseReason reason)
    {
        await using var probes = new ProbeFixture();
        var worker = await probes.StartAsync($"then-close {reason}");

        Assert.Equal((reason, "the probe closes"), await worker.Exited.Within("its end"));
        Assert.Equal([(reason, "the probe closes")], probes.Told);
    }

    [Fact]
    public async Task A_worker_that_dies_while_it_closes_ended_for_the_reason_that_it_gave()
    {
        await using var probes = new ProbeFixture();
        var worker = await probes.StartAsync("close-then-exit 9");

        Assert.Equal((CloseReason.LifetimeRestart, "the probe closes; its process ended with exit code 9"), await worker.Exited.Within("its end"));
    }

    [Fact]
    public async Task A_worker_that_is_killed_ended_for_the_reason_that_it_was_killed_for()
    {
        await using var probes = new ProbeFixture();
        var worker = await probes.StartAsync("ignore-stop");
        worker.Stop(CloseReason.Restart, "not heard");

        worker.Kill(CloseReason.MemoryLimit, "too much");
        worker.Kill(CloseReason.NannyClosing, "too late");

        Assert.Equal((CloseReason.MemoryLimit, "too much"), await worker.Exited.Within("its end"));
        Assert.Equal(0, worker.MemoryBytes);
    }

    [Fact]
    public async Task A_process_that_is_stopped_is_killed_too()
    {
        await using var probes = new ProbeFixture();
        var worker = await probes.StartAsync("ready");
        Assert.True(ProcessGroup.Signal(worker.ProcessId, 19)); // SIGSTOP

        worker.Kill(CloseReason.Expired, "it was silent");

        Assert.Equal(CloseReason.Expired, (await worker.Exited.Within("its end")).Reason);
    }

    [Fact]
    public async Task What_a_worker_has_started_ends_with_it_however_it_ends()
    {
        await using var probes = new ProbeFixture();
        var killed = await probes.StartAsync("spawn");
        var stopped = await probes.StartAsync("spawn");
        var shot = await probes.StartAsync("spawn");
        int[] below = [.. new[] { killed, stopped, shot }.Select(static worker => int.Parse(worker.Address, CultureInfo.InvariantCulture))];
        Assert.All(below, process => Assert.Contains(process, probes.Marked()));

        killed.Kill(CloseReason.UserRequest, "killed");
        stopped.Stop(CloseReason.UserRequest, "stopped");
        ProcessGroup.Signal(shot.ProcessId, 9);

        await Task.WhenAll(killed.Exited, stopped.Exited, shot.Exited).Within("their ends");
        foreach (var process in below)
        {
            await ProbeFixture.EndOf(process);
        }
    }

    [Fact]
    public async Task No_worker_outlives_a_parent_that_is_killed_even_if_all_threads_of_its_pool_are_held()
    {
        await using var probes = new ProbeFixture();
        var parent = await probes.StartAsync("parent");
        var child = int.Parse(parent.Address, CultureInfo.InvariantCulture);
        Assert.Contains(child, probes.Marked());

        var killed = TimeProvider.System.GetTimestamp();
        ProcessGroup.Signal(parent.ProcessId, 9);

        await ProbeFixture.EndOf(child);
        Assert.InRange(TimeProvider.System.GetElapsedTime(killed).TotalSeconds, 0, 5);
        await parent.Exited.Within("end of the parent");
    }

    [Fact]
    public async Task Its_memory_is_that_of_its_process()
    {
        await using var probes = new ProbeFixture();
        var small = await probes.StartAsync("ready");
        var large = await probes.StartAsync("allocate 200");

        Assert.InRange(small.MemoryBytes, 10L << 20, 150L << 20);
        Assert.InRange(large.MemoryBytes - small.MemoryBytes, 150L << 20, 300L << 20);

        small.Kill(CloseReason.UserRequest, "done");
        large.Kill(CloseReason.UserRequest, "done");
        await Task.WhenAll(small.Exited, large.Exited).Within("their ends");
    }

    [Fact]
    public async Task Variables_of_the_nanny_reach_it_and_those_of_its_start_reach_nothing_that_it_starts()
    {
        await using var probes = new ProbeFixture();
        var worker = await probes.StartAsync("environment", more: new Dictionary<string, string> { ["ENGINE_PROBE_GIVEN"] = "given" });
        var lines = worker.Address.Split('\n');

        Assert.Contains("ENGINE_PROBE_GIVEN=given", lines);
        Assert.Contains("own ENGINE_PROBE_GIVEN=given", lines);
        foreach (var name in WorkerCommand.Tuning.Keys.Append(WorkerProcess.PipeVariable))
        {
            Assert.DoesNotContain(lines, line => line.Contains($"{name}=", StringComparison.Ordinal));
        }

        Assert.DoesNotContain(lines, static line => line.Contains(typeof(ProbeBody).Assembly.Location, StringComparison.Ordinal));
        worker.Stop(CloseReason.UserRequest, "done");
        await worker.Exited.Within("its end");
    }

    [Fact]
    public async Task Many_launchers_at_once_do_not_mix_their_pipes()
    {
        await using var probes = new ProbeFixture();
        var workers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => probes.StartAsync("ready")));

        foreach (var (number, worker) in workers.Index())
        {
            worker.Stop(CloseReason.UserRequest, $"number {number}");
        }

        foreach (var (number, worker) in workers.Index())
        {
            Assert.Equal($"number {number}", (await worker.Exited.Within("its end")).Detail);
        }

        Assert.Equal(6, workers.Select(static worker => worker.ProcessId).Distinct().Count());
    }
}
