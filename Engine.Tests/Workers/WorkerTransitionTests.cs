using Engine.Protocol;
using Engine.Tests.TestKit.Machines;
using Engine.Workers.Machine;
using static Engine.Tests.TestKit.Machines.WorkerFixture;

namespace Engine.Tests.Workers;

/// <summary>What plugins of a worker hear of its tasks: each state that they take, once, and how they end.</summary>
public sealed class WorkerTransitionTests
{
    private readonly WorkerFixture _worker = new(new WorkerSettings { Resources = new Dictionary<string, double> { ["gpu"] = 1 } });

    public WorkerTransitionTests() => _worker.TellTransitions();

    [Fact]
    public void A_task_that_runs_goes_from_waiting_to_memory()
    {
        _worker.Compute(Key(1));
        _worker.End(Key(1));

        Assert.Equal(
            [("Released", "Waiting"), ("Waiting", "Ready"), ("Ready", "Executing"), ("Executing", "Memory")],
            _worker.Transitions.Select(static told => (told.Start, told.Finish)));
        Assert.All(_worker.Transitions, static told => Assert.Equal((Key(1), 1), (told.Key, told.Count)));
    }

    [Fact]
    public void A_task_that_fails_has_erred()
    {
        _worker.Compute(Key(1));
        _worker.Transitions.Clear();

        _worker.Err(Key(1));

        Assert.Equal([(Key(1), 1, "Executing", "Erred")], _worker.Transitions);
    }

    [Fact]
    public void A_run_of_a_map_is_told_with_how_many_it_has_and_its_end_with_how_many_have_ended()
    {
        _worker.ComputeMap(Key(256), 5);
        Assert.Equal((Key(256), 5, "Ready", "Executing"), _worker.Transitions[^1]);
        _worker.Transitions.Clear();

        _worker.EndRun(Key(256), [0, 1, 2, 3, 4]);

        Assert.Equal([(Key(256), 5, "Executing", "Memory")], _worker.Transitions);
    }

    [Fact]
    public void Only_a_task_that_needs_resources_is_constrained()
    {
        _worker.Compute(Key(1), null, new TaskOptions { Resources = [new("gpu", 1)] }, []);
        _worker.Compute(Key(2), null, new TaskOptions { Timeout = TimeSpan.FromSeconds(1) }, []);

        Assert.Equal([Key(1)], _worker.Transitions.Where(static told => told.Finish == "Constrained").Select(static told => told.Key));
        Assert.Contains((Key(2), 1, "Waiting", "Ready"), _worker.Transitions);
    }

    [Fact]
    public void What_a_worker_that_leaves_gives_back_is_released_once()
    {
        _worker.Compute(Key(0));
        _worker.Compute(Key(1));
        _worker.ComputeMap(Key(256), 3);
        _worker.CloseAdmission();
        _worker.Transitions.Clear();

        _worker.GiveBack();

        Assert.Equal([(Key(1), 1, "Ready", "Released"), (Key(256), 3, "Ready", "Released")], _worker.Transitions);
    }

    [Fact]
    public void Plugins_that_do_not_want_to_hear_of_it_are_told_nothing()
    {
        var worker = new WorkerFixture();

        worker.ComputeMap(Key(256), 2);
        worker.EndRun(Key(256), [0, 1]);
        worker.Compute(Key(1));
        worker.End(Key(1));

        Assert.Empty(worker.Transitions);
    }
}
