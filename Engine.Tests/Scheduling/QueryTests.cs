using Engine.Clusters;
using Engine.Protocol;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling;

/// <summary>What clients are told when they ask.</summary>
public sealed class QueryTests
{
    private readonly SchedulerFixture _scheduler = new();

    [Fact]
    public void Who_waits_for_as_many_workers_as_there_are_is_answered_at_once()
    {
        _scheduler.AddWorker();

        Assert.Equal(1, _scheduler.Ask(new WaitForWorkersRequest(1)));
        Assert.Null(_scheduler.Ask(new WaitForWorkersRequest(2)));
    }

    [Fact]
    public void What_a_worker_has_is_what_it_made_and_copies()
    {
        var (first, second) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        var (made, copied) = (_scheduler.Hold(second), _scheduler.Hold(first));
        _scheduler.AddReplica(second, copied);

        var held = Assert.IsType<Dictionary<WorkerAddress, IReadOnlyList<TaskKey>>>(_scheduler.Ask(new HasWhatRequest()));

        Assert.Equal([copied], held[first.Address]);
        Assert.Equal([made, copied], held[second.Address]);
    }

    [Fact]
    public void An_answer_is_a_value_or_an_error_and_not_both()
    {
        var request = _scheduler.AskLater(new UnpublishRequest("prices"));

        var reply = _scheduler.AnswerTo(request)!;

        Assert.Null(reply.Value);
        Assert.IsType<UnknownKeyException>(reply.Error);
    }

    [Fact]
    public void A_key_that_is_found_by_its_name_is_one_and_no_list()
    {
        _scheduler.Submit(new TestWork(), new TaskOptions { Name = "prices" });

        Assert.False(Assert.IsType<TakenKeys>(_scheduler.Ask(new FindKeyRequest("prices"))).IsList);
    }

    [Fact]
    public void Who_takes_data_by_its_name_that_is_lost_is_told_that_it_is()
    {
        var other = _scheduler.AddClient();
        var worker = _scheduler.AddWorker();
        var data = _scheduler.Submit(TestWork.Data(), new TaskOptions { Name = "prices" });
        _scheduler.Finish(worker, data);
        _scheduler.RemoveWorker(worker);

        _scheduler.FindKey("prices", other);

        Assert.Equal([FutureStatus.Lost], _scheduler.ToldOf(data, other));
    }

    [Fact]
    public void Who_holds_a_value_is_who_can_be_reached()
    {
        var worker = _scheduler.AddWorker();
        var cut = _scheduler.AddWorker(_scheduler.AddNanny());
        var value = _scheduler.Hold(worker);
        _scheduler.AddReplica(cut, value);
        Assert.Equal(2, _scheduler.HoldersOf(value).Count);

        _scheduler.Cut(cut);

        Assert.Equal([worker.Address], _scheduler.HoldersOf(value));
    }

    [Fact]
    public void What_is_said_of_a_worker_counts_copies_and_the_time_that_it_has_left()
    {
        var first = _scheduler.AddWorker();
        var second = _scheduler.AddWorker(nanny: null, leaves: TimeSpan.FromHours(1));
        _scheduler.Hold(second);
        _scheduler.AddReplica(second, _scheduler.Hold(first));
        _scheduler.Advance(TimeSpan.FromSeconds(1));

        var infos = (IReadOnlyList<WorkerInfo>)_scheduler.Ask(new WorkersRequest())!;

        Assert.Equal([(1, null), (2, TimeSpan.FromSeconds(3599))], infos.Select(static info => (info.HeldCount, info.Leaves)));
    }

    [Fact]
    public void The_load_of_a_cluster_is_what_waits_and_how_long_that_is_expected_to_take()
    {
        var work = new TestWork();
        var worker = _scheduler.AddWorker();
        var seen = _scheduler.Submit(work);
        _scheduler.Finish(worker, seen, seconds: 2);
        _scheduler.Release(seen);
        _scheduler.RemoveWorker(worker, expected: true);
        Assert.Equal((0, 0.0), Load());

        _scheduler.SubmitMany(3, work);
        _scheduler.Submit(work, new TaskOptions { Workers = ["nobody"] });

        Assert.Equal((4, 8.0), Load());

        (int Count, double Seconds) Load()
        {
            var load = (ClusterLoad)_scheduler.Ask(new ClusterLoadRequest())!;
            return (load.QueuedCount, load.QueuedSeconds);
        }
    }

    [Theory]
    [InlineData(0, "Workers: none.")]
    [InlineData(8, "w6, w7.")]
    [InlineData(9, "w6, w7 and 1 more.")]
    public void Who_waits_for_a_worker_is_told_of_the_first_eight_that_will_not_do(int workers, string expected)
    {
        for (var i = 0; i < workers; i++)
        {
            _scheduler.AddWorker();
        }

        _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["nobody"] });

        var text = (string)Assert.Single(_scheduler.EventsOf("no-worker")).Content!;
        Assert.EndsWith(expected, text, StringComparison.Ordinal);
        Assert.DoesNotContain("w8", text, StringComparison.Ordinal);
    }
}
