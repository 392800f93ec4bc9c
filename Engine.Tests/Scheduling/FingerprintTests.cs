using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling;

/// <summary>The number that stands for the scheduler's state tells states apart that differ in one thing.</summary>
public sealed class FingerprintTests
{
    private readonly SchedulerFixture _scheduler = new();
    private readonly WorkerState _worker;
    private readonly TaskKey _running;
    private readonly TaskKey _data;

    public FingerprintTests()
    {
        _worker = _scheduler.AddWorker(threads: 2);
        _running = _scheduler.Submit();
        _data = _scheduler.HoldData(_worker, bytes: 0);
        _scheduler.AddWorker();
    }

    [Fact]
    public void A_task_that_is_kept_without_a_future_changes_it() => Differs(() => _scheduler.FireAndForget(_running));

    [Fact]
    public void A_copy_that_is_under_way_changes_it() => Differs(() => _scheduler.AskLater(new ReplicateRequest([_data], 2)));

    [Fact]
    public void A_worker_that_pauses_changes_it() => Differs(() => _scheduler.Handle(_worker, new StatusChanged(Status.Paused)));

    [Fact]
    public void A_client_that_comes_changes_it() => Differs(() => _scheduler.AddClient());

    [Fact]
    public void A_question_does_not_change_it()
    {
        var before = _scheduler.Machine.Fingerprint();

        _scheduler.StoryOf(_running);

        Assert.Equal(before, _scheduler.Machine.Fingerprint());
    }

    private void Differs(Action happen)
    {
        var before = _scheduler.Machine.Fingerprint();

        happen();

        Assert.NotEqual(before, _scheduler.Machine.Fingerprint());
    }
}
