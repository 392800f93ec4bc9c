using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tests.TestKit.Stories;
using VerifyXunit;

namespace Engine.Tests.Snapshots.Stories;

/// <summary>Workers and nannies that go, are lost, or come back: Dask 7.1, 7.4, 7.5 and 7.6.</summary>
[UsesVerify]
public sealed class MembershipStories
{
    [Fact]
    public async Task T002_a_worker_without_a_nanny_is_left_to_its_host() => await Verifier.Verify(StoryWorld.Tell(
        static async world =>
        {
            await world.ScatterAsync(1, "0");
            await world.RetireAsync("0", new RetirementOptions { CloseWorkers = false });
            world.Say("the worker was left to its host, and has yet to beat");
            await world.PassAsync(3);
            world.Say($"worker 0 is {world.Worker("0").Status}");
        },
        configure: static (options, _) => (options.Nannies, options.Scheduler.HeartbeatInterval) = (false, TimeSpan.FromSeconds(1))));

    [Fact]
    public async Task T003_a_worker_whose_close_message_never_arrives_ends_at_its_next_heartbeat() => await Verifier.Verify(StoryWorld.Tell(
        static async world =>
        {
            world.Hold<CloseWorker>("scheduler", "worker 0");
            await world.RetireAsync("0");
            await world.PassAsync(3);
            world.Say($"nanny 0 is {world.Cluster.Nannies[0].Status}, its worker {world.Worker("0").Status}");
        },
        configure: static (options, _) => options.Scheduler.HeartbeatInterval = TimeSpan.FromSeconds(1)));

    [Fact]
    public async Task T005_T076_a_lifetime_with_restart() => await Verifier.Verify(StoryWorld.Tell(
        static async world =>
        {
            await world.ComputeAsync(1, "0");
            await world.PassAsync(61);
        },
        configure: static (options, _) => (options.Nanny.Lifetime, options.Nanny.LifetimeRestart) = (TimeSpan.FromMinutes(1), true)));

    [Fact]
    public async Task T009_T110_a_connection_breaks() => await Verifier.Verify(StoryWorld.Tell(static async world =>
    {
        var value = await world.ComputeAsync(1, "0");
        var running = world.Run(2, "0");
        await world.PassAsync(1);
        world.Say("the connection of worker 0 breaks");
        world.Worker("0").BreakConnection();
        world.Say($"the value is {await value}, the task ran in attempt {await running}");
    }));

    [Fact]
    public async Task T010_T012_the_scheduler_is_lost() => await Verifier.Verify(StoryWorld.Tell(static async world =>
    {
        world.Say("the scheduler is out of reach");
        world.Cut();
        await world.PassAsync(120);
        world.Say($"nannies are {string.Join(", ", world.Cluster.Nannies.Select(static nanny => nanny.Status))}");
        world.Say($"workers are {string.Join(", ", world.Cluster.Workers.Select(static worker => worker.Status))}");
    }));

    [Fact]
    public async Task T011_the_scheduler_closes() => await Verifier.Verify(StoryWorld.Tell(static async world =>
    {
        world.Say("the scheduler closes");
        await world.Cluster.Scheduler.CloseAsync();
        await world.PassAsync(5);
        world.Say($"nannies are {string.Join(", ", world.Cluster.Nannies.Select(static nanny => nanny.Status))}");
    }));

    [Fact]
    public async Task T014_T090_a_restart() => await Verifier.Verify(StoryWorld.Tell(
        static async world =>
        {
            await world.ComputeAsync(1, "0");
            world.Say("the client restarts the cluster");
            await world.Client.RestartAsync();
        },
        configure: static (options, _) => options.Scheduler.HeartbeatInterval = TimeSpan.FromSeconds(1)));

    [Fact]
    public async Task T032_T075_a_worker_is_closed_while_it_runs_a_task() => await Verifier.Verify(StoryWorld.Tell(
        static async world =>
        {
            var running = world.Run(2, "0");
            await world.PassAsync(1);
            world.Say("worker 0 closes");
            await world.Worker("0").CloseAsync(CloseReason.UserRequest, "it was closed");
            world.Say($"the task ran in attempt {await running}");
            world.Say($"nanny 0 is {world.Cluster.Nannies[0].Status}");
        },
        configure: static (options, _) => options.Scheduler.AllowedFailures = 0));

    [Fact]
    public async Task T074_a_nanny_closes() => await Verifier.Verify(StoryWorld.Tell(static async world =>
    {
        await world.ComputeAsync(1, "0");
        world.Say("nanny 0 closes");
        await world.Cluster.Nannies[0].CloseAsync(CloseReason.UserRequest, "it was closed");
        world.Say($"nanny 0 is {world.Cluster.Nannies[0].Status}, its worker {world.Worker("0").Status}");
    }));

    [Fact]
    public async Task T070_T111_a_worker_crashes() => await Verifier.Verify(StoryWorld.Tell(static async world =>
    {
        var value = await world.ComputeAsync(1, "0");
        var sum = world.Keep(world.Client.Submit(static (int x) => x + 1, value));
        await sum;
        world.Say("worker 0 crashes");
        world.Worker("0").Kill(CloseReason.Crashed, "it crashed");
        await world.PassAsync(1);
        world.Say($"the client asks for more: {await world.Keep(world.Client.Submit(static (int x) => x + 2, value))}");
    }));

    [Fact]
    public async Task T077_a_worker_can_not_start() => await Verifier.Verify(StoryWorld.Tell(
        static async world =>
        {
            world.Say("worker 0 crashes, and its successor can't start");
            world.Worker("0").Kill(CloseReason.Crashed, "it crashed");
            await world.PassAsync(0.5);
            world.Say($"nanny 0 is {world.Cluster.Nannies[0].Status}");
        },
        configure: static (options, _) =>
        {
            var starts = 0;
            options.ConfigureWorker = (_, worker) => worker.Plugins.Add("setup", () => ++starts > 2 ? throw new NotSupportedException("no more") : new Quiet());
        }));

    [Fact]
    public async Task T115_T116_a_worker_is_silent() => await Verifier.Verify(StoryWorld.Tell(
        static async world =>
        {
            var value = await world.ComputeAsync(1, "0");
            world.Say("worker 0 falls silent");
            world.Hold<Message>("worker 0", "scheduler");
            await world.PassAsync(65);
            world.Say($"the value is {await value}");
        },
        configure: static (options, _) =>
        {
            options.Scheduler.HeartbeatInterval = TimeSpan.FromSeconds(5);
            options.Scheduler.WorkerTimeToLive = TimeSpan.FromMinutes(1);
        }));

    [Fact]
    public async Task T121_T122_scattered_data_is_lost() => await Verifier.Verify(StoryWorld.Tell(static async world =>
    {
        var data = await world.ScatterAsync(1, "0");
        var needsIt = world.Keep(world.Client.Submit(
            static async (int x, TaskContext context) =>
            {
                await Task.Yield();
                return x;
            },
            data,
            new SubmitOptions { Workers = ["1"] }));
        await needsIt;
        world.Say("worker 0 crashes");
        world.Worker("0").Kill(CloseReason.Crashed, "it crashed");
        await world.PassAsync(1);
        world.Say($"the data is {data.Status}");
        var late = world.Keep(world.Client.Submit(static (int x) => x, data));
        world.Say($"what needs it ends with {(await late.GetExceptionAsync())?.GetType().Name}");
    }));

    private sealed class Quiet : WorkerPlugin;
}
