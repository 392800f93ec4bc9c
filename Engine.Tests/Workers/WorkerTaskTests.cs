using Engine.Data;
using Engine.Protocol;
using Engine.Tests.TestKit.Machines;
using Engine.Workers.Machine;
using static Engine.Tests.TestKit.Machines.WorkerFixture;

namespace Engine.Tests.Workers;

/// <summary>Tasks and runs of a worker are used again: they know nothing of what they were, and keep room for what is usual only.</summary>
public sealed class WorkerTaskTests
{
    [Fact]
    public void A_task_that_is_used_again_knows_nothing_of_what_it_was()
    {
        var task = new WorkerTask
        {
            Work = new TestWork("work"),
            Options = new TaskOptions(),
            Holder = Peer(1),
            WaitingFor = 1,
            CopyNumber = 1,
            IsAbandoned = true,
            AbandonedBy = CancellationCause.Cancelled,
            HoldsResources = true,
            HasLeftSlot = true,
            IsLoading = true,
            Begun = 1,
            Values = [],
        };
        task.SetDependencies([Input(1)]);
        task.Waiters.Add(new WorkerTask());

        task.Reset();

        Assert.Equal((null, null, null, null, null), (task.Work, task.Options, task.Holder, task.Context, task.Values));
        Assert.Equal((0, 0, 0, 0), (task.DependencyCount, task.WaitingFor, task.CopyNumber, task.Begun));
        Assert.Equal((false, CancellationCause.None), (task.IsAbandoned, task.AbandonedBy));
        Assert.Equal((false, false, false), (task.HoldsResources, task.HasLeftSlot, task.IsLoading));
        Assert.Empty(task.Waiters);
    }

    [Theory]
    [InlineData(16, true)]
    [InlineData(17, false)]
    public void A_task_keeps_room_for_a_few_inputs_and_nothing_of_them(int inputs, bool isKept)
    {
        var task = new WorkerTask();
        task.SetDependencies([.. Enumerable.Range(1, inputs).Select(Input)]);

        task.Reset();

        Assert.Equal(isKept ? inputs : 0, task.Dependencies.Length);
        Assert.All(task.Dependencies, static dependency => Assert.Null(dependency.Holder));
    }

    [Fact]
    public void A_run_is_full_with_256_tasks()
    {
        var run = new ExecutionRun();
        for (var i = 0; i < ExecutionRun.Capacity; i++)
        {
            Assert.False(run.IsFull);
            run.Add(new WorkerTask());
        }

        Assert.Equal((true, 256), (run.IsFull, run.Count));
    }

    [Theory]
    [InlineData(1024, true)] // Four for each task.
    [InlineData(1025, false)]
    public void A_run_keeps_room_for_some_inputs_and_nothing_of_them(int inputs, bool isKept)
    {
        var run = new ExecutionRun();
        run.Add(new WorkerTask { DependencyCount = inputs });
        for (var i = 0; i < inputs; i++)
        {
            run.AddInput(DataValue.From("x"));
        }

        Assert.All(run.Inputs.AsSpan(0, inputs).ToArray(), static input => Assert.Equal("x", input.Boxed));

        Assert.True(run.TryReset());

        Assert.Equal(isKept, run.Inputs.Length > 0);
        Assert.All(run.Inputs, static input => Assert.Null(input.Boxed));
        Assert.Null(run.Entries[0].Task);
        Assert.Equal((0, 0), (run.Count, run.InputCount));
    }

    private static DependencyHolder Input(int number) => new() { Key = Key(number), Holder = Peer(2) };
}
