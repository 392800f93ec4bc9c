using Engine.Plugins;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling;

/// <summary>A line of a task's story says what set the transition off; plugins hear of what is submitted.</summary>
public sealed class StoryTests
{
    private readonly SchedulerFixture _scheduler = new(new SchedulerSettings { WorkerSaturation = double.PositiveInfinity });

    [Fact]
    public void A_task_is_submitted_placed_finished_and_released()
    {
        _scheduler.AddWorker();
        var task = _scheduler.Submit();
        _scheduler.Finish(task);
        _scheduler.Release(task);

        Assert.Equal(["Submit", "Submit", "Placement", "Finished", "Released", "Released"], StimuliOf(task));
    }

    [Fact]
    public void A_map_is_submitted()
    {
        _scheduler.AddWorker();
        _scheduler.Finish(_scheduler.Submit());

        Assert.Equal("Submit", StimuliOf(_scheduler.Map(1)[0])[0]);
    }

    [Fact]
    public void A_task_is_stolen()
    {
        _scheduler.AddWorker();
        var tasks = _scheduler.SubmitMany(2, new TestWork());
        _scheduler.AddWorker();

        _scheduler.GiveUpAll();

        Assert.Equal("Stolen", StimuliOf(tasks[1])[^1]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Plugins_that_want_to_hear_of_it_are_told_which_tasks_are_submitted(bool wants)
    {
        _scheduler.Machine.TellsGraphs = wants;

        var task = _scheduler.Submit();
        var map = _scheduler.Map(3);

        GraphUpdate[] all = [new(_scheduler.Client.Id, task, 1), new(_scheduler.Client.Id, map[0], 3)];
        Assert.Equal(wants ? all : [], _scheduler.Sent.Happened.OfType<GraphUpdate>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Plugins_that_want_to_hear_of_it_are_told_of_events(bool wants)
    {
        _scheduler.Machine.TellsEvents = wants;

        _scheduler.Ask(new LogEventRequest("weather", "rain"));

        Assert.Equal(wants ? ["rain"] : [], _scheduler.Sent.Happened.OfType<TopicEvent>().Select(static logged => logged.Content));
    }

    private string[] StimuliOf(TaskKey key) => [.. _scheduler.StoryOf(key).Select(static line => line.Stimulus)];
}
