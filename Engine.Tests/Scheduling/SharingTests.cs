using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tasks;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling;

/// <summary>Names, datasets, and keys that several clients want.</summary>
public sealed class SharingTests
{
    private readonly SchedulerFixture _scheduler = new();
    private readonly WorkerState _worker;
    private readonly ClientState _other;

    public SharingTests()
    {
        _worker = _scheduler.AddWorker(threads: 4);
        _other = _scheduler.AddClient();
    }

    [Fact]
    public void A_name_used_again_for_the_same_definition_is_an_alias()
    {
        var first = Named("prices", 1);
        var second = Named("prices", 1);
        _scheduler.Finish(_worker, first, value: 5);

        var alias = _scheduler.Sent.Computes.Single(sent => sent.Key == second);
        Assert.Equal(first, Assert.Single(alias.Dependencies).Key);
        Assert.IsType<AliasWork>(alias.Work);
        _scheduler.Finish(_worker, second, value: 5);
        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(second));
    }

    [Fact]
    public void An_alias_says_nothing_of_the_duration_of_the_function()
    {
        var options = new TaskOptions { Name = "prices" };
        var work = new TestWork { Definition = 1 };
        _scheduler.Finish(_worker, _scheduler.Submit(work, options), seconds: 10);
        _scheduler.Finish(_worker, _scheduler.Submit(work, options), seconds: 1e-6);

        _scheduler.Submit(work);

        Assert.Equal(10, _worker.Occupancy);
    }

    [Fact]
    public void A_name_used_for_another_definition_is_a_conflict_that_names_both()
    {
        Named("prices", 1);

        var second = Named("prices", 2);

        var error = Assert.Single(_scheduler.NoticesOf(second)).Error!;
        Assert.IsType<KeyConflictException>(error.ToException());
        Assert.All(["prices", "function1", "function2"], part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_name_used_with_other_inputs_is_a_conflict()
    {
        var (one, two) = (_scheduler.Submit(), _scheduler.Submit());
        Named("sum", 1, one, two);
        var same = Named("sum", 1, one, two);
        var other = Named("sum", 1, two, one);
        var fewer = Named("sum", 1, one);

        Assert.Empty(_scheduler.ToldOf(same));
        Assert.Equal([FutureStatus.Error], _scheduler.ToldOf(other));
        Assert.Equal([FutureStatus.Error], _scheduler.ToldOf(fewer));
    }

    [Fact]
    public void A_conflict_can_not_be_retried_away()
    {
        Named("prices", 1);
        var second = Named("prices", 2);
        _scheduler.Sent.Clear();

        _scheduler.Retry(second);

        Assert.Empty(_scheduler.Sent.Computes);
        Assert.Equal(SchedulerTaskState.Erred, _scheduler.StateOf(second));
    }

    [Fact]
    public void A_name_is_free_again_when_its_task_is_forgotten()
    {
        _scheduler.Release(Named("prices", 1));

        var second = Named("prices", 2);

        Assert.Equal([second], _scheduler.ProcessingOn(_worker));
    }

    [Fact]
    public void A_conflicting_task_that_is_given_up_does_not_free_the_name()
    {
        Named("prices", 1);
        _scheduler.Release(Named("prices", 2));

        Assert.Equal([FutureStatus.Error], _scheduler.ToldOf(Named("prices", 2)));
    }

    [Fact]
    public void A_map_of_one_element_may_have_a_name()
    {
        var key = Assert.Single(_scheduler.Map(1, null, new TaskOptions { Name = "only" }));

        Assert.Equal(key, _scheduler.FindKey("only", _other));
    }

    [Fact]
    public void A_client_finds_anothers_task_by_its_name_and_is_told_of_its_end()
    {
        var task = Named("prices", 1);

        Assert.Equal(task, _scheduler.FindKey("prices", _other));
        _scheduler.Finish(_worker, task, value: 5);

        Assert.Equal([FutureStatus.Pending, FutureStatus.Finished], _scheduler.ToldOf(task, _other));
        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(task));
    }

    [Fact]
    public void A_client_that_finds_a_task_is_told_how_it_stands_after_the_answer()
    {
        var order = new List<string>();
        var task = Named("prices", 1);
        _scheduler.Finish(_worker, task, value: 5);
        _scheduler.Sent.Sending = (client, message) =>
        {
            if (client == _other)
            {
                order.Add(message.GetType().Name);
            }
        };

        _scheduler.FindKey("prices", _other);

        // It has to know the key before it can make anything of the notice.
        Assert.Equal([nameof(Reply), nameof(KeyNotices)], order);
    }

    [Fact]
    public void A_name_that_nobody_knows_is_said_to_be_unknown() =>
        Assert.IsType<UnknownKeyException>(_scheduler.FindKey("nothing", _other));

    [Fact]
    public void A_key_that_two_clients_want_stays_until_both_have_given_it_up()
    {
        var task = Named("prices", 1);
        _scheduler.Finish(_worker, task);
        _scheduler.FindKey("prices", _other);

        _scheduler.Release(task);
        Assert.Equal(SchedulerTaskState.Memory, _scheduler.StateOf(task));
        _scheduler.Release(_other, task);

        Assert.Equal(0, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void A_client_that_leaves_gives_up_anothers_keys_too()
    {
        var task = Named("prices", 1);
        _scheduler.FindKey("prices", _other);
        _scheduler.Release(task);

        _scheduler.RemoveClient(_other);

        Assert.Equal(0, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void A_failed_task_that_is_found_is_told_with_its_error()
    {
        var task = Named("prices", 1);
        _scheduler.Fail(_worker, task);

        _scheduler.FindKey("prices", _other);

        Assert.Equal(TaskErrorKind.Failed, Assert.Single(_scheduler.NoticesOf(task, _other)).Error!.Kind);
    }

    [Fact]
    public void A_task_whose_value_was_let_go_is_computed_again_for_who_finds_it()
    {
        var task = Named("prices", 1);
        var reader = _scheduler.Submit(task);
        _scheduler.Release(task);
        _scheduler.Finish(task, reader);
        Assert.Equal(SchedulerTaskState.Released, _scheduler.StateOf(task));

        _scheduler.FindKey("prices", _other);
        _scheduler.Finish(_worker, task);

        Assert.Equal([FutureStatus.Pending, FutureStatus.Finished], _scheduler.ToldOf(task, _other));
    }

    [Fact]
    public void Data_whose_value_was_let_go_is_lost_for_who_finds_it()
    {
        var data = _scheduler.Submit(TestWork.Data(), new TaskOptions { Name = "table" });
        var reader = _scheduler.Submit(data);
        _scheduler.Release(data);
        _scheduler.Finish(data, reader);

        _scheduler.FindKey("table", _other);

        Assert.Equal([FutureStatus.Pending, FutureStatus.Lost], _scheduler.ToldOf(data, _other));
    }

    [Fact]
    public void A_dataset_keeps_its_keys_when_all_futures_are_gone()
    {
        var task = _scheduler.Submit();
        Assert.Null(_scheduler.Publish("set", task));
        _scheduler.Finish(_worker, task);

        _scheduler.RemoveClient(_scheduler.Client);

        Assert.Equal([task], ((TakenKeys)_scheduler.GetDataset("set", _other)!).Keys);
    }

    [Fact]
    public void Who_takes_a_dataset_is_told_how_its_keys_stand()
    {
        var (done, failed, running) = (_scheduler.Submit(), _scheduler.Submit(), _scheduler.Submit());
        _scheduler.Finish(_worker, done);
        _scheduler.Fail(_worker, failed);
        _scheduler.Publish("set", done, failed, running);

        _scheduler.GetDataset("set", _other);

        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(done, _other));
        Assert.Equal([FutureStatus.Error], _scheduler.ToldOf(failed, _other));
        Assert.Equal([FutureStatus.Pending], _scheduler.ToldOf(running, _other));
    }

    [Fact]
    public void A_dataset_that_is_unpublished_lets_its_keys_go()
    {
        var task = _scheduler.Submit();
        _scheduler.Publish("set", task);
        _scheduler.Release(task);

        Assert.Null(_scheduler.Unpublish("set"));

        Assert.Equal(0, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void A_key_in_two_datasets_stays_until_both_are_unpublished()
    {
        var task = _scheduler.Submit();
        _scheduler.Publish("one", task, task);
        _scheduler.Publish("two", task);
        _scheduler.Release(task);

        _scheduler.Unpublish("one");
        Assert.Equal(1, _scheduler.Machine.TaskCount);
        _scheduler.Unpublish("two");

        Assert.Equal(0, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void A_dataset_is_published_once_unless_it_is_to_be_replaced()
    {
        var (first, second) = (_scheduler.Submit(), _scheduler.Submit());
        _scheduler.Publish("set", first);

        Assert.IsType<KeyConflictException>(_scheduler.Publish("set", second));
        Assert.Null(_scheduler.Ask(new PublishRequest("set", [second], isList: true, replace: true)));
        _scheduler.Release(first, second);

        Assert.Equal(1, _scheduler.Machine.TaskCount);
        Assert.Equal(["set"], (IReadOnlyList<string>)_scheduler.Ask(new ListDatasetsRequest())!);
    }

    [Fact]
    public void What_the_scheduler_does_not_know_can_not_be_published_or_taken()
    {
        Assert.IsType<UnknownKeyException>(_scheduler.Publish("set", new TaskKey(_scheduler.Client.Id, 99)));
        Assert.IsType<UnknownKeyException>(_scheduler.GetDataset("set", _other));
        Assert.IsType<UnknownKeyException>(_scheduler.Unpublish("set"));
    }

    [Fact]
    public void A_task_whose_value_was_let_go_is_computed_again_when_it_is_published()
    {
        var task = _scheduler.Submit();
        var reader = _scheduler.Submit(task);
        _scheduler.Release(task);
        _scheduler.Finish(task, reader);

        _scheduler.Publish("set", task);

        Assert.Equal([task], _scheduler.ProcessingOn(_worker));
    }

    [Fact]
    public void Subscribers_get_the_events_of_their_topics()
    {
        _scheduler.Ask(new SubscribeRequest("mine", on: true), _other);

        _scheduler.Handle(_worker, new LogEventMessage("mine", 1));
        _scheduler.Ask(new LogEventRequest("yours", 2));
        _scheduler.Ask(new SubscribeRequest("mine", on: false), _other);
        _scheduler.Handle(_worker, new LogEventMessage("mine", 3));

        Assert.Equal([1], _scheduler.Sent.Events.Select(static logged => logged.Content));
        Assert.Equal([1, 3], _scheduler.EventsOf("mine").Select(static logged => logged.Content));
        Assert.Equal([2], _scheduler.EventsOf("yours").Select(static logged => logged.Content));
    }

    private TaskKey Named(string name, int definition, params TaskKey[] inputs) =>
        _scheduler.Submit(new TestWork($"function{definition}") { Definition = definition }, new TaskOptions { Name = name }, inputs);
}
