using System.Globalization;
using Engine.Tasks;
using Engine.Tests.TestKit;

namespace Engine.Tests.Workers;

public sealed class TaskExecutorTests
{
    private static readonly AsyncLocal<string?> s_flow = new();

    [Fact]
    public async Task An_executor_that_never_ran_anything_closes()
    {
        var executor = new ExecutorFixture();

        await executor.DisposeAsync();

        Assert.True(executor.Executor.Ended.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task An_executor_whose_lanes_are_all_busy_closes_and_its_lanes_end_with_their_functions()
    {
        var gates = new[] { new Gate(), new Gate() };
        var executor = new ExecutorFixture(slots: 2);
        executor.Run([.. gates.Select(gate => new Call<int>(() => Passed(gate, 1)))]);
        await Task.WhenAll(gates.Select(gate => gate.Entered));

        executor.Executor.Close();

        Assert.False(executor.Executor.Ended.IsCompleted);
        gates[0].Open();
        gates[1].Open();
        await executor.DisposeAsync();
    }

    [Fact]
    public async Task Closing_leaves_what_has_not_started_unstarted()
    {
        var gate = new Gate();
        var started = 0;
        await using (var executor = new ExecutorFixture())
        {
            executor.Run(new Call<int>(() => Passed(gate, 1)), new Call<int>(() => Interlocked.Increment(ref started)));
            await gate.Entered;
            executor.Executor.Close();
            gate.Open();
        }

        Assert.Equal(0, started);
    }

    [Fact]
    public async Task A_task_that_comes_back_to_its_slot_goes_before_tasks_that_have_not_started()
    {
        var (first, second) = (new Gate(), new Gate());
        await using var executor = new ExecutorFixture();
        Task? slot = null;
        var hadSlot = false;
        executor.Run(
            new Call<int>(() => Passed(first, 1)),
            new Call<int>(() =>
            {
                hadSlot = slot!.IsCompleted;
                return 2;
            }));
        await first.Entered;
        slot = executor.Executor.Slots.AcquireAsync();

        first.Open();
        await slot.Within("the slot is given to the task that comes back");
        Assert.Equal(1, await executor.NextResultAsync());
        executor.ReleaseSlot();

        Assert.Equal(2, await executor.NextResultAsync());
        Assert.True(hadSlot);
    }

    [Fact]
    public async Task A_function_that_waits_again_and_again_counts_its_lane_as_outside_once()
    {
        await using var executor = new ExecutorFixture();
        executor.Run(context =>
        {
            for (var i = 0; i < 10; i++)
            {
                var wait = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
                var waiting = context.WaitBesideSlotAsync(wait.Task);
                wait.SetResult(i);
                _ = waiting.Wait(TimeSpan.FromSeconds(30));
            }

            return executor.Executor.OutsideCount;
        });

        Assert.Equal(1, await executor.NextResultAsync());
        executor.Run(() => executor.Executor.OutsideCount);
        Assert.Equal(0, await executor.NextResultAsync());
    }

    [Fact]
    public async Task Two_flows_of_a_function_come_back_to_one_slot()
    {
        var (other, startSecond) = (new Gate(), new Gate());
        var first = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var secondWaits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var executor = new ExecutorFixture();
        executor.Run(async context =>
        {
            var values = await Task.WhenAll(context.WaitBesideSlotAsync(first.Task), SecondAsync(context));
            return values.Sum();
        });
        await startSecond.Entered;
        executor.Run(() => Passed(other, 10));
        await other.Entered; // It has the slot that the first left.
        first.SetResult(1);
        await executor.SlotAskedAsync();

        startSecond.Open();
        await secondWaits.Task.Within("the second flow waits for the slot as well");
        other.Open();

        Assert.Equal(10, await executor.NextResultAsync());
        Assert.Equal(3, await executor.NextResultAsync());
        executor.Run(() => executor.Executor.Slots.Free);
        Assert.Equal(0, await executor.NextResultAsync()); // One slot, which this function is in: none was lost or made.
        Assert.Equal(1, executor.AskedCount);

        async Task<int> SecondAsync(TaskContext context)
        {
            await startSecond.PassAsync();
            var waiting = context.WaitBesideSlotAsync(Task.FromResult(2));
            secondWaits.SetResult();
            return await waiting;
        }
    }

    [Fact]
    public async Task A_function_that_ends_before_its_wait_does_gives_no_slot_back_twice()
    {
        var never = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var executor = new ExecutorFixture();
        Task<int>? wait = null;
        executor.Run(context =>
        {
            wait = context.WaitBesideSlotAsync(never.Task); // And nobody awaits it.
            return 1;
        });
        Assert.Equal(1, await executor.NextResultAsync());

        never.SetResult(2);
        Assert.Equal(2, await wait!.Within("the wait ends"));

        var gate = new Gate();
        executor.Run(() => Passed(gate, executor.Executor.Slots.Free));
        await gate.Entered;
        gate.Open();
        Assert.Equal(0, await executor.NextResultAsync());
    }

    [Fact]
    public async Task What_a_function_sets_for_its_flow_of_control_does_not_reach_the_next()
    {
        await using var executor = new ExecutorFixture();
        executor.Run(static () =>
        {
            s_flow.Value = "mine";
            CultureInfo.CurrentCulture = new CultureInfo(string.Empty) { NumberFormat = { NumberDecimalSeparator = "!" } };
            return 1;
        });
        Assert.Equal(1, await executor.NextResultAsync());

        executor.Run(static () => s_flow.Value is null && 1.5.ToString(CultureInfo.CurrentCulture) == "1.5" ? 2 : 3);

        Assert.Equal(2, await executor.NextResultAsync());
    }

    [Fact]
    public async Task A_lane_that_is_started_by_a_function_does_not_take_over_its_flow_of_control()
    {
        var gate = new Gate();
        await using var executor = new ExecutorFixture();
        executor.Run(
            new CallWithContext<int>(context =>
            {
                s_flow.Value = "mine";
                context.Secede(); // The other runs meanwhile, on a lane that starts here.
                gate.Pass();
                return 1;
            }),
            new Call<int>(static () => s_flow.Value is null && TaskContext.Current is null ? 2 : 3));

        Assert.Equal(2, await executor.NextResultAsync());
        gate.Open();
        Assert.Equal(1, await executor.NextResultAsync());
    }

    [Fact]
    public async Task A_lane_in_a_long_task_leaves_the_rest_of_its_run_to_the_others()
    {
        var gate = new Gate();
        await using var executor = new ExecutorFixture(slots: 2);
        executor.Run([new Call<int>(() => Passed(gate, -1)), .. Enumerable.Range(0, 100).Select(i => new Call<int>(() => i))]);

        var others = new List<int>();
        for (var i = 0; i < 100; i++)
        {
            others.Add(await executor.NextResultAsync());
        }

        gate.Open();
        Assert.Equal(-1, await executor.NextResultAsync());
        Assert.Equal(Enumerable.Range(0, 100), others.Order());
    }

    [Fact]
    public async Task What_is_recalled_comes_back_once_and_does_not_run()
    {
        var gate = new Gate();
        var ran = 0;
        await using var executor = new ExecutorFixture();
        executor.Run([new Call<int>(() => Passed(gate, 1)), .. Enumerable.Range(0, 50).Select(i => new Call<int>(() => Interlocked.Increment(ref ran)))]);
        await gate.Entered;

        var recalled = executor.Executor.Recall();
        var again = executor.Executor.Recall();
        gate.Open();

        Assert.Equal(1, await executor.NextResultAsync());
        Assert.Equal(50, recalled.Distinct().Count());
        Assert.Empty(again);
        Assert.Equal(0, ran);
    }

    private static int Passed(Gate gate, int value)
    {
        gate.Pass();
        return value;
    }
}
