using Engine.Plugins;
using Engine.Protocol;
using Engine.Tests.TestKit.Stories;
using VerifyXunit;

namespace Engine.Tests.Snapshots.Stories;

/// <summary>What is said when the original disease (#8522) or one of its relatives R1 to R5 would break out, and what a plain retirement looks like.</summary>
[UsesVerify]
public sealed class DiseaseStories
{
    [Fact]
    public async Task A_retirement() => await Verifier.Verify(StoryWorld.Tell(static async world =>
    {
        await world.ComputeAsync(1, "0");
        await world.ScatterAsync(2, "0");
        _ = world.Run(2, "0");
        _ = world.Run(1, "0"); // Waits behind the one above.
        await world.PassAsync(1);
        await world.RetireAsync("0");
        await world.PassAsync(3);
    }));

    [Fact]
    public async Task The_original_disease_8522() => await Verifier.Verify(StoryWorld.Tell(
        static async world =>
        {
            await world.ScatterAsync(1, "0");
            await world.RetireAsync("0", new RetirementOptions { CloseWorkers = false });
            world.Say("the worker was left to its host, and has yet to beat");
            await world.PassAsync(5);
            world.Say($"nanny 0 is {world.Cluster.Nannies[0].Status}, its worker {world.Worker("0").Status}");
        },
        configure: static (options, _) => options.Scheduler.HeartbeatInterval = TimeSpan.FromSeconds(1)));

    [Fact]
    public async Task R1_a_cluster_is_scaled_down() => await Verifier.Verify(StoryWorld.Tell(
        static async world =>
        {
            foreach (var worker in (string[])["0", "1", "2"])
            {
                await world.ComputeAsync(1, worker);
                await world.ScatterAsync(2, worker);
            }

            world.Say("the cluster is scaled to 1");
            await world.Cluster.ScaleAsync(1);
            await world.PassAsync(1);
        },
        workers: 3));

    [Fact]
    public async Task R2_a_slow_scatter_arrives_in_the_middle_of_a_retirement() => await Verifier.Verify(StoryWorld.Tell(static async world =>
    {
        var arrive = world.Hold<FinishedBatch>("worker 0", "scheduler");
        var scatter = world.ScatterAsync(1, "0");
        await world.PassAsync(1);
        var closed = world.Hold<AdmissionClosed>("worker 0", "scheduler");
        var retirement = world.RetireAsync("0");
        await world.PassAsync(1);
        world.Say("the news of the scattered value arrives");
        arrive();
        closed();
        await scatter;
        await retirement;
    }));

    [Fact]
    public async Task R3_a_retirement_that_nobody_can_take_over_is_refused() => await Verifier.Verify(StoryWorld.Tell(
        static async world =>
        {
            await world.ScatterAsync(1, "0");
            await world.RetireAsync("0");
            world.Say("the cluster is scaled to 0");
            await world.Cluster.ScaleAsync(0);
            await world.PassAsync(10);
            world.Say($"worker 0 is {world.Worker("0").Status}");
        },
        workers: 1));

    [Fact]
    public async Task R4_a_plugin_takes_its_time_with_a_departure() => await Verifier.Verify(StoryWorld.Tell(
        static async world =>
        {
            await world.ScatterAsync(1, "0");
            await world.RetireAsync("0");
            await world.PassAsync(5);
        },
        configure: static (options, world) => options.Scheduler.Plugins.Add(new SlowDeparture(world))));

    [Fact]
    public async Task R5_a_busy_worker_is_retired() => await Verifier.Verify(StoryWorld.Tell(static async world =>
    {
        var running = world.Run(5, "0");
        await world.PassAsync(1);
        await world.RetireAsync("0");
        world.Say($"the task ran in attempt {await running}");
    }));

    private sealed class SlowDeparture(StoryWorld world) : SchedulerPlugin
    {
        public override async ValueTask RemoveWorkerAsync(WorkerRemoved removed, CancellationToken cancellationToken)
        {
            world.Say($"a slow hook begins: {removed.Worker.Id} left");
            await world.Clock.PassAsync(TimeSpan.FromSeconds(3), cancellationToken);
            world.Say("the slow hook ends");
        }
    }
}
