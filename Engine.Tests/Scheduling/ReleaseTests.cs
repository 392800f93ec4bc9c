using Engine.Collections;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling;

/// <summary>What is no longer wanted goes: values first, recipes when nothing can ask for them again.</summary>
public sealed class ReleaseTests
{
    private readonly SchedulerFixture _scheduler = new();

    [Fact]
    public void A_value_that_is_given_up_is_freed_and_forgotten()
    {
        var worker = _scheduler.AddWorker();
        var task = _scheduler.Submit();
        _scheduler.Finish(worker, task);

        _scheduler.Release(task);

        Assert.Equal(new SentAttempt(worker, task, 1), Assert.Single(_scheduler.Sent.Frees));
        Assert.Equal((0, 0), (_scheduler.Machine.TaskCount, worker.NBytes));
    }

    [Fact]
    public void What_was_never_known_may_be_given_up_wherever_its_page_would_be()
    {
        var task = _scheduler.Submit();

        _scheduler.Release(new TaskKey(_scheduler.Client.Id, 5000));

        Assert.Equal(SchedulerTaskState.Queued, _scheduler.StateOf(task));
    }

    [Fact]
    public void A_task_that_is_to_run_without_a_future_may_be_named_twice()
    {
        var worker = _scheduler.AddWorker();
        var task = _scheduler.Submit();

        _scheduler.FireAndForget(task);
        _scheduler.FireAndForget(task);
        _scheduler.Release(task);

        Assert.Equal([task], _scheduler.ProcessingOn(worker));
    }

    [Fact]
    public void All_holders_of_a_value_free_it()
    {
        var (worker, other) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        var task = _scheduler.Submit();
        _scheduler.Finish(_scheduler.Sent.Latest[task].Worker, task);
        _scheduler.AddReplica(worker, task);
        _scheduler.AddReplica(other, task);

        _scheduler.Release(task);

        Assert.Equal(2, _scheduler.Sent.Frees.Count);
        Assert.Equal(0, worker.NBytes + other.NBytes);
    }

    [Fact]
    public void A_running_task_that_is_given_up_is_stopped()
    {
        var worker = _scheduler.AddWorker();
        var task = _scheduler.Submit();

        _scheduler.Release(task);

        Assert.Equal(new SentAttempt(worker, task, 1), Assert.Single(_scheduler.Sent.Frees));
        Assert.Empty(_scheduler.ProcessingOn(worker));
    }

    [Fact]
    public void An_intermediate_value_is_freed_when_its_last_reader_has_run_and_its_recipe_kept()
    {
        var worker = _scheduler.AddWorker(threads: 2);
        var input = _scheduler.Submit();
        var left = _scheduler.Submit(input);
        var right = _scheduler.Submit(input);
        _scheduler.Release(input);
        _scheduler.Finish(input, left);
        Assert.Equal(SchedulerTaskState.Memory, _scheduler.StateOf(input));

        _scheduler.Finish(worker, right);

        Assert.Equal(SchedulerTaskState.Released, _scheduler.StateOf(input));
        Assert.Contains(_scheduler.Sent.Frees, free => free.Key == input);
    }

    [Fact]
    public void A_recipe_is_forgotten_with_its_last_reader()
    {
        var worker = _scheduler.AddWorker();
        var first = _scheduler.Submit();
        var second = _scheduler.Submit(first);
        var third = _scheduler.Submit(second);
        _scheduler.Release(first, second);
        _scheduler.Finish(first, second, third);
        Assert.Equal(3, _scheduler.Machine.TaskCount);

        _scheduler.Release(third);

        Assert.Equal((0, 0), (_scheduler.Machine.TaskCount, worker.NBytes));
    }

    [Fact]
    public void A_whole_graph_that_is_given_up_while_it_runs_goes()
    {
        var worker = _scheduler.AddWorker();
        var input = _scheduler.Submit();
        var middle = Enumerable.Range(0, 5).Select(_ => _scheduler.Submit(input)).ToArray();
        _scheduler.Submit(middle);
        _scheduler.Finish(worker, input);

        _scheduler.ReleaseAll();

        Assert.Equal((0, 0), (_scheduler.Machine.TaskCount, worker.Processing.Count));
    }

    [Fact]
    public void What_is_not_known_can_be_given_up()
    {
        _scheduler.Release(new TaskKey(_scheduler.Client.Id, 5), new TaskKey(new ClientId(77), 5));

        Assert.Equal(0, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void Giving_up_twice_is_giving_up_once()
    {
        var worker = _scheduler.AddWorker();
        var input = _scheduler.Submit();
        var task = _scheduler.Submit(input);

        _scheduler.Release(input);
        _scheduler.Release(input);

        Assert.Equal([input, task], _scheduler.ProcessingOn(worker));
    }

    [Fact]
    public void A_client_that_leaves_gives_all_its_futures_up()
    {
        var worker = _scheduler.AddWorker();
        var client = _scheduler.AddClient();
        var input = _scheduler.Submit(client, new TestWork());
        _scheduler.Submit(client, new TestWork(), null, input);
        _scheduler.Finish(worker, input);
        _scheduler.Ask(new WaitForWorkersRequest(9), client);

        _scheduler.RemoveClient(client);
        _scheduler.RemoveClient(client);

        Assert.Equal(0, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void Cancelling_ends_a_task_and_all_that_needs_it()
    {
        var worker = _scheduler.AddWorker();
        var task = _scheduler.Submit();
        var child = _scheduler.Submit(task);
        var grandchild = _scheduler.Submit(child);
        var apart = _scheduler.Submit();

        var cancelled = _scheduler.Cancel(task);

        Assert.Equal([task, child, grandchild], cancelled.Order());
        Assert.All(cancelled, key => Assert.Equal([FutureStatus.Cancelled], _scheduler.ToldOf(key)));
        Assert.Equal([apart], _scheduler.ProcessingOn(worker));
        Assert.Equal(1, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void The_reason_of_a_cancellation_is_told()
    {
        var task = _scheduler.Submit();

        _scheduler.Cancel(task);

        Assert.Equal("no longer needed", Assert.Single(_scheduler.NoticesOf(task)).Error!.Message);
    }

    [Fact]
    public void Cancelling_spares_what_another_client_wants_and_what_that_needs()
    {
        var worker = _scheduler.AddWorker();
        var other = _scheduler.AddClient();
        var task = _scheduler.Submit();
        var child = _scheduler.Submit(task);
        var theirs = _scheduler.Submit(other, new TestWork(), null, task);

        var cancelled = _scheduler.Cancel(task);
        _scheduler.Finish(worker, task);
        _scheduler.Finish(worker, theirs);

        Assert.Equal([task, child], cancelled.Order());
        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(theirs, other));
        Assert.Equal([FutureStatus.Cancelled], _scheduler.ToldOf(task));
    }

    [Fact]
    public void Cancelling_spares_what_another_client_sent_off()
    {
        var worker = _scheduler.AddWorker();
        var other = _scheduler.AddClient();
        var task = _scheduler.Submit();
        var theirs = _scheduler.Submit(other, new TestWork(), null, task);
        _scheduler.Ask(new FireAndForgetRequest([theirs]), other);
        _scheduler.Release(other, theirs);

        _scheduler.Cancel(task);
        _scheduler.Finish(worker, task);

        Assert.Equal([theirs], _scheduler.ProcessingOn(worker));
    }

    [Fact]
    public void A_client_cannot_cancel_anothers_future()
    {
        var worker = _scheduler.AddWorker();
        var other = _scheduler.AddClient();
        var task = _scheduler.Submit();

        Assert.Empty(_scheduler.Cancel(other, task));

        Assert.Equal([task], _scheduler.ProcessingOn(worker));
    }

    [Fact]
    public void What_was_sent_off_runs_without_a_future_and_is_forgotten_afterwards()
    {
        var worker = _scheduler.AddWorker();
        var input = _scheduler.Submit();
        var task = _scheduler.Submit(input);
        _scheduler.FireAndForget(task);
        _scheduler.ReleaseAll();
        Assert.Equal([input, task], _scheduler.ProcessingOn(worker));

        _scheduler.Finish(input, task);

        Assert.Equal((0, 0), (_scheduler.Machine.TaskCount, worker.NBytes));
    }

    [Fact]
    public void What_was_sent_off_runs_although_its_client_leaves()
    {
        var worker = _scheduler.AddWorker();
        var client = _scheduler.AddClient();
        var task = _scheduler.Submit(client, new TestWork());
        _scheduler.Ask(new FireAndForgetRequest([task]), client);

        _scheduler.RemoveClient(client);

        Assert.Equal([task], _scheduler.ProcessingOn(worker));
        _scheduler.Finish(worker, task, value: 1);
        Assert.Equal(0, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void What_is_sent_off_after_it_was_let_go_runs_again()
    {
        var worker = _scheduler.AddWorker();
        var input = _scheduler.Submit();
        var kept = _scheduler.Submit(input);
        _scheduler.Release(input);
        _scheduler.Finish(input, kept);
        Assert.Equal(SchedulerTaskState.Released, _scheduler.StateOf(input));

        _scheduler.FireAndForget(input);

        Assert.Equal([input], _scheduler.ProcessingOn(worker));
    }

    [Fact]
    public void What_is_known_behind_keys_that_are_not_is_given_up_with_them()
    {
        var client = _scheduler.Client;
        _scheduler.Release(_scheduler.Submit());
        _scheduler.Map(300); // It begins in the next page.
        Assert.Equal(300, _scheduler.Machine.TaskCount);

        var batch = BatchPool<ReleaseKeys>.Get();
        batch.Add(new KeyRange { First = new TaskKey(client.Id, 10), Count = 546 });
        _scheduler.Handle(client, batch);

        Assert.Equal(0, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void A_client_that_takes_its_own_key_again_holds_it_again()
    {
        var task = _scheduler.Submit();
        _scheduler.Publish("prices", task);
        _scheduler.Release(task);
        _scheduler.GetDataset("prices", _scheduler.Client);
        _scheduler.Unpublish("prices");
        Assert.Equal(1, _scheduler.Machine.TaskCount);

        _scheduler.Release(task);

        Assert.Equal(0, _scheduler.Machine.TaskCount);
    }

    [Fact]
    public void All_clients_that_have_taken_a_key_are_told()
    {
        var worker = _scheduler.AddWorker();
        ClientState[] others = [_scheduler.AddClient(), _scheduler.AddClient()];
        var task = _scheduler.Submit();
        _scheduler.Publish("prices", task);
        Array.ForEach(others, other => _scheduler.GetDataset("prices", other));

        _scheduler.Finish(worker, task);

        Assert.All(others, other => Assert.Equal([FutureStatus.Pending, FutureStatus.Finished], _scheduler.ToldOf(task, other)));
    }

    [Fact]
    public void A_copy_that_went_with_its_value_does_not_count_when_the_value_is_there_again()
    {
        var (holder, copy, worker) = (_scheduler.AddWorker("holder"), _scheduler.AddWorker("copy"), _scheduler.AddWorker("worker"));
        var input = _scheduler.Hold(holder);
        _scheduler.AddReplica(copy, input);
        var reader = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["worker"] }, input);
        _scheduler.Finish(worker, reader);
        _scheduler.Release(input);

        _scheduler.RemoveWorker(worker);
        _scheduler.Finish(holder, input);

        Assert.Equal([holder.Address], _scheduler.HoldersOf(input));
    }

    [Fact]
    public void A_value_that_several_leaving_workers_were_to_move_keeps_none_of_them_when_it_is_given_up()
    {
        WorkerState[] leaving = [_scheduler.AddWorker("a"), _scheduler.AddWorker("b")];
        _scheduler.AddWorker("c");
        var value = _scheduler.Hold(leaving[0]);
        _scheduler.AddReplica(leaving[1], value);
        var request = _scheduler.Retire(leaving);
        _scheduler.Acknowledge(leaving);
        Assert.Null(_scheduler.ReportOf(request));

        _scheduler.Release(value);

        Assert.All(_scheduler.ReportOf(request)!.Rows, static row => Assert.Equal(RetirementOutcome.Retired, row.Outcome));
    }

    [Fact]
    public void What_is_not_known_can_be_sent_off()
    {
        var task = _scheduler.Submit();

        _scheduler.FireAndForget(new TaskKey(_scheduler.Client.Id, 5000), task);
        _scheduler.Release(task);

        Assert.Equal(1, _scheduler.Machine.TaskCount);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_has_ended_and_is_sent_off_is_not_kept_for_that(bool hasFailed)
    {
        var worker = _scheduler.AddWorker();
        var task = _scheduler.Submit();
        if (hasFailed)
        {
            _scheduler.Fail(worker, task);
        }
        else
        {
            _scheduler.Finish(worker, task);
        }

        _scheduler.FireAndForget(task);
        _scheduler.Release(task);

        Assert.Equal(0, _scheduler.Machine.TaskCount);
    }
}
