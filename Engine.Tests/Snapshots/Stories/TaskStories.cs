using Engine.Protocol;
using Engine.Tests.TestKit.Stories;
using VerifyXunit;

namespace Engine.Tests.Snapshots.Stories;

/// <summary>Tasks on their way, undisturbed and disturbed: Dask 7.7, 7.10 and 7.11.</summary>
[UsesVerify]
public sealed class TaskStories
{
    [Fact]
    public async Task A_task_and_one_that_needs_it() => await Verifier.Verify(StoryWorld.Tell(static async world =>
    {
        var first = world.Keep(world.Client.Submit(static () => 1));
        var second = world.Keep(world.Client.Submit(static (int x) => x + 1, first));
        await second;
        world.Say("both are released");
        world.Client.Release([first, second]);
        await world.PassAsync(1);
    }));

    [Fact]
    public async Task A_value_is_fetched_from_another_worker() => await Verifier.Verify(StoryWorld.Tell(static async world =>
    {
        var large = world.Keep(world.Client.Submit(static () => new byte[5000], new SubmitOptions { Workers = ["0"] }));
        await large.GetExceptionAsync();
        var length = world.Keep(world.Client.Submit(static (byte[] bytes) => bytes.Length, large, new SubmitOptions { Workers = ["1"] }));
        await length;
        world.Say("the client reads the large value");
        await large;
    }));

    [Fact]
    public async Task T220_a_task_is_cancelled_while_it_runs() => await Verifier.Verify(StoryWorld.Tell(static async world =>
    {
        var running = world.Run(5, "0");
        await world.PassAsync(1);
        world.Say("the client cancels it");
        await running.CancelAsync();
        await world.PassAsync(10);
    }));

    [Fact]
    public async Task T221_a_task_that_was_cancelled_fails() => await Verifier.Verify(StoryWorld.Tell(static async world =>
    {
        var running = world.Keep(world.Client.Submit<int>(
            async (TaskContext _) =>
            {
                await world.PassAsync(5); // Ignores its token.
                throw new NotSupportedException("nobody hears of this");
            },
            new SubmitOptions { Workers = ["0"] }));
        await world.PassAsync(1);
        world.Say("the client cancels it");
        await running.CancelAsync();
        await world.PassAsync(10);
        world.Say($"it is {running.Status}");
    }));

    [Fact]
    public async Task T222_a_task_is_submitted_again_while_its_cancelled_self_still_runs() => await Verifier.Verify(StoryWorld.Tell(static async world =>
    {
        var first = world.Keep(world.Client.Submit(
            async (TaskContext context) =>
            {
                await world.PassAsync(5); // Ignores its token.
                return context.Attempt;
            },
            new SubmitOptions { Workers = ["0"], Key = "again" }));
        await world.PassAsync(1);
        world.Say("the client gives it up and submits it again");
        first.Dispose();
        var second = world.Keep(world.Client.Submit(static () => 2, new SubmitOptions { Workers = ["1"], Key = "again" }));
        await second;
        await world.PassAsync(10);
    }));

    [Fact]
    public async Task T231_an_input_is_not_where_it_was_said_to_be() => await Verifier.Verify(StoryWorld.Tell(
        static async world =>
        {
            var large = world.Keep(world.Client.Submit(static () => new byte[5000], new SubmitOptions { Workers = ["0"], AllowOtherWorkers = true }));
            await large.GetExceptionAsync();
            var reply = world.Hold<GetData>("worker 1", "worker 0");
            var length = world.Keep(world.Client.Submit(static (byte[] bytes) => bytes.Length, large, new SubmitOptions { Workers = ["1"] }));
            await world.PassAsync(1);
            world.Say("worker 0 crashes before it is asked");
            world.Worker("0").Kill(CloseReason.Crashed, "it crashed");
            reply();
            world.Say($"the length is {await length}");
        }));

    [Fact]
    public async Task A_task_fails_and_is_tried_again() => await Verifier.Verify(StoryWorld.Tell(static async world =>
    {
        var failing = world.Keep(world.Client.Submit(
            static (TaskContext context) => context.Attempt == 1 ? throw new NotSupportedException("the first try") : context.Attempt,
            new SubmitOptions { Retries = 1 }));
        world.Say($"it ran in attempt {await failing}");
    }));

    [Fact]
    public async Task T244_a_task_is_stolen() => await Verifier.Verify(StoryWorld.Tell(static async world =>
    {
        var gate = await world.ComputeAsync(1, "0");
        var tasks = Enumerable.Range(0, 3).Select(number => world.Keep(world.Client.Submit(
            async (int x, TaskContext context) =>
            {
                await world.Clock.PassAsync(TimeSpan.FromSeconds(10), context.Token);
                return x + number;
            },
            gate,
            new SubmitOptions { Workers = ["0", "1"] }))).ToList();
        await world.Client.GatherAsync(tasks);
    }));
}
