using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling;

/// <summary>What a client can cancel, and what it can try again.</summary>
public sealed class CancelTests
{
    private readonly SchedulerFixture _scheduler = new();
    private readonly WorkerState _worker;

    public CancelTests() => _worker = _scheduler.AddWorker(threads: 4);

    [Fact]
    public void What_has_ended_stays_as_it_is()
    {
        var (done, failed) = (_scheduler.Submit(), _scheduler.Submit());
        _scheduler.Finish(done);
        _scheduler.Fail(_worker, failed);

        Assert.Empty(_scheduler.Cancel(done, failed));

        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(done));
        Assert.Equal([FutureStatus.Error], _scheduler.ToldOf(failed));
        Assert.Equal(2, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void What_is_not_known_any_more_is_passed_over()
    {
        var (forgotten, running) = (_scheduler.Submit(), _scheduler.Submit());
        _scheduler.Release(forgotten);

        Assert.Equal([running], _scheduler.Cancel(new TaskKey(_scheduler.Client.Id, 1 << 20), forgotten, running));
    }

    [Fact]
    public void What_was_sent_off_ends_when_its_maker_cancels_it_and_when_nobody_else_does()
    {
        var other = _scheduler.AddClient();
        var task = _scheduler.Submit();
        _scheduler.FireAndForget(task);

        Assert.Empty(_scheduler.Cancel(other, task));
        Assert.Equal([task], _scheduler.ProcessingOn(_worker));
        Assert.Equal([task], _scheduler.Cancel(task));

        Assert.Equal(0, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void What_was_submitted_wrongly_can_not_be_tried_again_and_nobody_is_told_so()
    {
        var (first, second) = (_scheduler.Submit(Defined(1), new TaskOptions { Name = "name" }), _scheduler.Submit(Defined(2), new TaskOptions { Name = "name" }));
        var orphan = _scheduler.Submit(new TaskKey(_scheduler.Client.Id, 1 << 20));

        _scheduler.Retry(first, second, orphan);

        Assert.Equal([FutureStatus.Error], _scheduler.ToldOf(second));
        Assert.Equal([FutureStatus.Error], _scheduler.ToldOf(orphan));
    }

    [Fact]
    public void A_failed_task_is_called_by_the_name_that_its_client_gave_it()
    {
        var task = _scheduler.Submit(new TestWork("Function"), new TaskOptions { Name = "prices" });

        _scheduler.Fail(_worker, task);

        Assert.StartsWith($"{task} (prices) failed", Assert.Single(_scheduler.NoticesOf(task)).Error!.Message, StringComparison.Ordinal);
    }

    private static TestWork Defined(int definition) => new($"function{definition}") { Definition = definition };
}
