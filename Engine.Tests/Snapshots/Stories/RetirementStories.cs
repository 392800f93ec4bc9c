using Engine.Protocol;
using Engine.Tests.TestKit.Stories;
using VerifyXunit;

namespace Engine.Tests.Snapshots.Stories;

/// <summary>Retirements that meet something: Dask 7.2, 7.3 and 7.8.</summary>
[UsesVerify]
public sealed class RetirementStories
{
    [Fact]
    public async Task T020_a_worker_asks_to_be_retired() => await Verifier.Verify(StoryWorld.Tell(static async world =>
    {
        await world.ComputeAsync(1, "0");
        world.Say("worker 0 closes gracefully");
        await world.Worker("0").CloseGracefullyAsync();
    }));

    [Fact]
    public async Task T021_T043_running_tasks_are_interrupted_and_run_elsewhere() => await Verifier.Verify(StoryWorld.Tell(static async world =>
    {
        var running = world.Run(5, "0");
        await world.PassAsync(1);
        await world.RetireAsync("0", new RetirementOptions { RunningTasks = RunningTasks.Interrupt });
        world.Say($"the task ran in attempt {await running}");
    }));

    [Fact]
    public async Task T026_the_whole_life_of_a_worker() => await Verifier.Verify(StoryWorld.Tell(static async world =>
    {
        world.Say("the cluster is scaled to 3");
        await world.Cluster.ScaleAsync(3);
        world.Say("worker 2 is paused, and goes on");
        world.Worker("2").Inbox.Post(new Engine.Workers.PauseRequested(true));
        await world.PassAsync(1);
        world.Worker("2").Inbox.Post(new Engine.Workers.PauseRequested(false));
        await world.PassAsync(1);
        await world.RetireAsync("2");
    }));

    [Fact]
    public async Task T031_T178_what_can_not_be_moved_is_given_up_at_the_deadline_and_listed() => await Verifier.Verify(StoryWorld.Tell(
        static async world =>
        {
            await world.ScatterAsync(1, "0");
            await world.RetireAsync("0", new RetirementOptions { Deadline = TimeSpan.FromSeconds(2), OnDeadline = OnDeadline.GiveUp });
            await world.PassAsync(2);
        },
        workers: 1));

    [Fact]
    public async Task T048_values_are_replicated_while_their_worker_retires() => await Verifier.Verify(StoryWorld.Tell(
        static async world =>
        {
            var value = await world.ScatterAsync(1, "0");
            var taken = world.Hold<ReplicasAdded>("worker 1", "scheduler");
            world.Say("the client asks for a second copy");
            var copies = world.Client.ReplicateAsync([value], 2);
            await world.PassAsync(1);
            var retirement = world.RetireAsync("0");
            await world.PassAsync(1);
            world.Say("the second copy is there");
            taken();
            await copies;
            await retirement;
        },
        workers: 3));

    [Fact]
    public async Task T050_two_retirements_of_one_worker_are_refused_together() => await Verifier.Verify(StoryWorld.Tell(
        static async world =>
        {
            await world.ScatterAsync(1, "0");
            var closed = world.Hold<AdmissionClosed>("worker 0", "scheduler");
            var first = world.RetireAsync("0");
            var second = world.RetireAsync("0");
            await world.PassAsync(1);
            closed();
            await first;
            await second;
        },
        workers: 1));

    [Fact]
    public async Task T179_values_whose_holders_all_leave_go_to_a_third() => await Verifier.Verify(StoryWorld.Tell(
        static async world =>
        {
            var value = await world.ScatterAsync(1, "0");
            await world.Client.ReplicateAsync([value], 2);
            world.Say("the client retires workers 0 and 1");
            await world.Client.RetireWorkersAsync(WorkerSelector.ByName("0", "1"));
        },
        workers: 3));

    [Fact]
    public async Task T180_a_result_that_comes_after_everything_was_moved_is_moved_too() => await Verifier.Verify(StoryWorld.Tell(static async world =>
    {
        await world.ComputeAsync(1, "0");
        _ = world.Run(3, "0");
        await world.PassAsync(1);
        await world.RetireAsync("0");
    }));

    [Fact]
    public async Task T188_a_recipient_that_never_progresses_leads_to_a_refusal_at_the_deadline() => await Verifier.Verify(StoryWorld.Tell(static async world =>
    {
        await world.ScatterAsync(1, "0");
        world.Hold<ReplicasAdded>("worker 1", "scheduler");
        await world.RetireAsync("0", new RetirementOptions { Deadline = TimeSpan.FromSeconds(10) });
        world.Say($"worker 0 is {world.Worker("0").Status}");
    }));

    [Fact]
    public async Task The_recipient_dies() => await Verifier.Verify(StoryWorld.Tell(
        static async world =>
        {
            await world.ScatterAsync(1, "0");
            world.Hold<ReplicasAdded>("worker 1", "scheduler");
            var retirement = world.RetireAsync("0");
            await world.PassAsync(1);
            world.Say("worker 1 dies");
            world.Worker("1").Kill(CloseReason.Crashed, "it crashed");
            await retirement;
        },
        workers: 3));

    [Fact]
    public async Task T201_adaptive_scaling_keeps_whom_it_was_refused() => await Verifier.Verify(StoryWorld.Tell(
        static async world =>
        {
            await world.ScatterAsync(1, "0");
            world.Say("the cluster adapts, from 0 workers");
            world.Cluster.Adapt(0, 1);
            await world.PassAsync(5);
            world.Say($"worker 0 is {world.Worker("0").Status}");
        },
        workers: 1));
}
