using Engine.Plugins;
using Engine.Tests.TestKit;
using Engine.Tests.TestKit.Processes;

namespace Engine.Tests.Scenarios;

/// <summary>Worker processes that are killed, stopped and left to themselves, while other things go on.</summary>
[Collection("Processes")]
public sealed class ProcessFaultScenarios
{
    private const int Large = 4096; // Too large to travel with the news: the value stays with its workers.

    /// <summary>Heartbeats by which a process that is stopped is noticed in a while, and one that only lacks processor time is not.</summary>
    private static void Beat(LocalClusterOptions options)
    {
        options.Scheduler.HeartbeatInterval = TimeSpan.FromMilliseconds(100);
        options.Scheduler.WorkerTimeToLive = TimeSpan.FromSeconds(4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Shrinking_16_processes_to_1_while_some_are_killed_and_stopped_loses_only_what_it_lists_resurrects_nobody_and_leaves_no_process(int seed)
    {
        var random = new Random(seed);
        await using (var cluster = await ProcessCluster.StartAsync(16, options =>
        {
            Beat(options);
            options.Scheduler.AllowedFailures = 100;
        }))
        {
            var witness = new Witness();
            await cluster.Client.RegisterPluginAsync(witness).Within("registration");
            var processes = await ProcessCluster.ProcessesOfAsync(cluster);
            var scattered = await cluster.Client.ScatterManyAsync(Enumerable.Range(0, 40).Select(static i => Text(i))).Within("scatter");
            var results = Enumerable.Range(0, 2000).Select(i => cluster.Client.Submit(static (int x) => Text(x), i)).ToList();
            await cluster.Client.GatherAsync(results).Within("the results");

            var victims = processes.ToArray();
            random.Shuffle(victims);
            Hit(victims[0], ProcessCluster.Kill);
            Hit(victims[1], ProcessCluster.Stop);
            foreach (var victim in victims[2..6])
            {
                Action<int> fault = random.Next(3) == 0 ? ProcessCluster.Stop : ProcessCluster.Kill;
                witness.AfterRemovals(1 + random.Next(8), () => Hit(victim, fault));
            }

            var report = await cluster.Cluster.ScaleAsync(1).Within("the shrink");
            List<RetirementRow> rows = [.. report.Retirement.Rows];
            while (report.Outcome == ScaleOutcome.Refused)
            {
                report = await cluster.Cluster.ScaleAsync(1).Within("the shrink, once more"); // When nobody was left who could take what they held.
                rows.AddRange(report.Retirement.Rows);
            }

            await cluster.Client.WaitForWorkersAsync(1).Within("the one that is left");

            // A planned end loses nothing. An unplanned one may, and then says so.
            Assert.All(rows.Where(static row => row.Outcome == RetirementOutcome.Retired), static row => Assert.Equal((0, 0), (row.Lost.Count, row.Recomputed.Count)));
            Assert.Equal(Enumerable.Range(0, 2000).Select(static i => Text(i)), await cluster.Client.GatherAsync(results).Within("the results once more"));
            var lost = witness.Removed.SelectMany(static removed => removed.Lost).ToHashSet();
            for (var i = 0; i < scattered.Count; i++)
            {
                var reading = scattered[i].AsTask().Within("what was scattered");
                if (lost.Contains(scattered[i].Key))
                {
                    await Assert.ThrowsAsync<LostDataException>(() => reading);
                }
                else
                {
                    Assert.Equal(Text(i), await reading);
                }
            }

            AssertNobodyIsResurrected(witness.Seen);
            var left = await cluster.Client.GetWorkersAsync();
            Assert.True(left.Count == 1, $"{left.Count} are left. {report.Outcome}: {report.Detail}\n{string.Join('\n', rows)}\n{witness}");

            void Hit(KeyValuePair<string, int> victim, Action<int> fault)
            {
                if (witness.Removed.All(removed => removed.Worker.Name != victim.Key)) // One that has left may be gone, and its number another's.
                {
                    fault(victim.Value);
                }
            }
        }

        Assert.Empty(ProcessCluster.Alive());
    }

    [Fact]
    public async Task A_process_that_is_stopped_is_replaced_when_its_time_to_live_is_over_and_its_task_runs_elsewhere_once_8538()
    {
        await using var cluster = await ProcessCluster.StartAsync(1, Beat);
        var witness = new Witness();
        await cluster.Client.RegisterPluginAsync(witness).Within("registration");
        var stopped = Assert.Single(await ProcessCluster.ProcessesOfAsync(cluster)).Value;
        await using var hold = new Hold();
        var running = cluster.Client.Submit(
            static (string hold) =>
            {
                Hold.Wait(hold);
                return Environment.ProcessId;
            },
            hold.Name);
        await hold.EnteredAsync();

        ProcessCluster.Stop(stopped);
        var removed = await witness.WhenAsync<WorkerRemoved>(static _ => true);
        await hold.EnteredAsync();
        hold.Release();

        Assert.Equal((CloseReason.Expired, running.Key), (removed.Reason, Assert.Single(removed.Processing)));
        var successor = await running.AsTask().Within("the value");
        Assert.NotEqual(stopped, successor);
        Assert.False(ProcessCluster.IsAlive(stopped));
        Assert.Equal([successor], ProcessCluster.Alive());
    }

    [Fact]
    public async Task A_process_that_is_stopped_for_less_than_its_time_to_live_stays_6492()
    {
        await using var cluster = await ProcessCluster.StartAsync(2, options =>
        {
            options.Scheduler.HeartbeatInterval = TimeSpan.FromMilliseconds(50);
            options.Scheduler.WorkerTimeToLive = TimeSpan.FromMinutes(1);
        });
        var before = await ProcessCluster.ProcessesOfAsync(cluster);
        var beatsOfTheOther = new Countdown(20);
        ProcessCluster.Stop(before["0"]);
        cluster.Cluster.Scheduler.Beaten = _ => beatsOfTheOther.Signal();
        await beatsOfTheOther.Reached.Within("heartbeats of the other worker");

        ProcessCluster.Continue(before["0"]);

        Assert.Equal(before, await ProcessCluster.ProcessesOfAsync(cluster));
        Assert.Equal([1, 2], (await cluster.Client.GetWorkersAsync()).Select(static worker => worker.Id.Number).Order());
    }

    [Fact]
    public async Task A_task_that_waits_for_a_value_of_a_process_that_is_stopped_goes_on_when_that_is_given_up_7574()
    {
        await using var cluster = await ProcessCluster.StartAsync(2, Beat);
        var processes = await ProcessCluster.ProcessesOfAsync(cluster);
        var value = cluster.Client.Submit(static () => new byte[Large], new SubmitOptions { Workers = ["0"], AllowOtherWorkers = true });
        await cluster.Client.WaitAsync([value]).Within("the value");

        ProcessCluster.Stop(processes["0"]);
        var length = cluster.Client.Submit(static (byte[] bytes) => bytes.Length, value, new SubmitOptions { Workers = ["1"] });

        Assert.Equal(Large, await length.AsTask().Within("what needs the value"));
    }

    [Fact]
    public async Task A_value_whose_process_is_killed_while_it_is_sent_is_computed_again_and_read_4128()
    {
        await using var cluster = await ProcessCluster.StartAsync(2);
        var processes = await ProcessCluster.ProcessesOfAsync(cluster);
        var value = cluster.Client.Submit(static () => new byte[200_000_000], new SubmitOptions { Workers = ["0"], AllowOtherWorkers = true });
        await cluster.Client.WaitAsync([value]).Within("the value");

        var reading = value.AsTask();
        ProcessCluster.Kill(processes["0"]);

        Assert.Equal(200_000_000, (await reading.Within("the value")).Length);
    }

    [Fact]
    public async Task The_error_of_a_task_whose_process_was_killed_names_the_signal_2297()
    {
        await using var cluster = await ProcessCluster.StartAsync(1, static options => options.Scheduler.AllowedFailures = 0);
        var process = Assert.Single(await ProcessCluster.ProcessesOfAsync(cluster)).Value;
        await using var hold = new Hold();
        var running = cluster.Client.Submit(static (string hold) => HoldUp(hold), hold.Name);
        await hold.EnteredAsync();

        ProcessCluster.Kill(process);

        var error = await Assert.ThrowsAsync<KilledWorkerException>(() => running.AsTask().Within("the failure"));
        Assert.Contains("SIGKILL", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_restart_and_a_shrink_at_once_one_is_reached_and_no_process_is_left_7312()
    {
        await using (var cluster = await ProcessCluster.StartAsync(2))
        {
            var witness = new Witness();
            await cluster.Client.RegisterPluginAsync(witness).Within("registration");
            var leaving = (await cluster.Client.GetWorkersAsync()).Select(static worker => worker.Id).ToList();

            var restart = cluster.Client.RestartWorkersAsync(WorkerSelector.ById(leaving));
            await cluster.Cluster.ScaleAsync(1).Within("the shrink");
            await restart.Within("the restart");

            Assert.Single(await cluster.Client.GetWorkersAsync());
            Assert.Single(ProcessCluster.Alive());
            AssertNobodyIsResurrected(witness.Seen);
        }

        Assert.Empty(ProcessCluster.Alive());
    }

    private static string HoldUp(string hold)
    {
        Hold.Wait(hold);
        return hold;
    }

    private static string Text(int number) => number % 10 == 0 ? new string((char)('a' + (number % 26)), Large) + number : $"value {number}";

    /// <summary>Once a worker was retired, its nanny starts no other (I1).</summary>
    private static void AssertNobodyIsResurrected(List<object> seen)
    {
        var retired = new HashSet<NannyId>();
        foreach (var happened in seen)
        {
            switch (happened)
            {
                case WorkerRemoved { Reason: CloseReason.Retired } removed:
                    retired.Add(removed.Worker.Nanny!.Value);
                    break;
                case WorkerAdded added:
                    Assert.DoesNotContain(added.Worker.Nanny!.Value, retired);
                    break;
            }
        }
    }
}
