using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling;

/// <summary>Workers leave, and values with them.</summary>
public sealed class LossTests
{
    private readonly SchedulerFixture _scheduler = new(new SchedulerSettings { AllowedFailures = 1, WorkStealing = false });

    [Fact]
    public void What_ran_on_a_worker_that_dies_runs_elsewhere()
    {
        var worker = _scheduler.AddWorker();
        var task = _scheduler.Submit();
        var other = _scheduler.AddWorker();

        _scheduler.RemoveWorker(worker);

        Assert.Equal([task], _scheduler.ProcessingOn(other));
        Assert.Empty(_scheduler.ToldOf(task));
    }

    [Fact]
    public void A_task_that_survives_more_deaths_than_allowed_of_its_workers_is_suspected()
    {
        var task = _scheduler.Submit(new TestWork("Crash"));
        var child = _scheduler.Submit(task);
        _scheduler.RemoveWorker(_scheduler.AddWorker("a"));
        Assert.Equal(SchedulerTaskState.Queued, _scheduler.StateOf(task));

        _scheduler.RemoveWorker(_scheduler.AddWorker("b"));

        var error = Assert.Single(_scheduler.NoticesOf(task)).Error!;
        Assert.IsType<KilledWorkerException>(error.ToException());
        Assert.All(["Crash", "b"], part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
        Assert.Equal(task, Assert.Single(_scheduler.NoticesOf(child)).Error!.Key);
    }

    [Fact]
    public void A_death_that_was_announced_counts_against_nobody()
    {
        var task = _scheduler.Submit();
        for (var i = 0; i < 5; i++)
        {
            _scheduler.RemoveWorker(_scheduler.AddWorker(), expected: true);
        }

        Assert.Equal(SchedulerTaskState.Queued, _scheduler.StateOf(task));
    }

    [Fact]
    public void Removing_a_worker_twice_is_removing_it_once()
    {
        var worker = _scheduler.AddWorker();
        _scheduler.RemoveWorker(worker);
        _scheduler.RemoveWorker(worker);

        Assert.Equal(0, _scheduler.Machine.RunningCount);
    }

    [Fact]
    public void A_new_worker_in_the_place_of_an_old_one_is_somebody_else()
    {
        var old = _scheduler.AddWorker("a");
        _scheduler.RemoveWorker(old);
        var task = _scheduler.Submit();
        var next = _scheduler.AddWorker("a");

        _scheduler.Finish(old, task);

        Assert.Equal(old.Index, next.Index);
        Assert.NotEqual(old.Id, next.Id);
        Assert.Equal(SchedulerTaskState.Processing, _scheduler.StateOf(task));
    }

    [Fact]
    public void A_lost_value_is_computed_again_with_the_lost_ones_that_it_needs()
    {
        var worker = _scheduler.AddWorker();
        var first = _scheduler.Submit();
        var second = _scheduler.Submit(first);
        var third = _scheduler.Submit(second);
        _scheduler.Finish(first, second, third);
        _scheduler.Release(first, second);
        var other = _scheduler.AddWorker();

        _scheduler.RemoveWorker(worker);
        _scheduler.Finish(other, first);
        _scheduler.Finish(other, second);
        _scheduler.Finish(other, third);

        Assert.Equal([FutureStatus.Finished, FutureStatus.Pending, FutureStatus.Finished], _scheduler.ToldOf(third));
        Assert.Equal([other.Address], _scheduler.HoldersOf(third));
        Assert.Equal(SchedulerTaskState.Released, _scheduler.StateOf(first));
    }

    [Fact]
    public void A_lost_value_that_nobody_needs_is_not_computed_again()
    {
        var worker = _scheduler.AddWorker();
        var input = _scheduler.Submit();
        var kept = _scheduler.Submit(input);
        _scheduler.Finish(input, kept);
        _scheduler.Release(input);
        var other = _scheduler.AddWorker();
        _scheduler.AddReplica(other, kept);
        _scheduler.Sent.Clear();

        _scheduler.RemoveWorker(worker);

        Assert.Empty(_scheduler.Sent.Computes);
        Assert.Empty(_scheduler.Sent.Notices);
        Assert.Equal([other.Address], _scheduler.HoldersOf(kept));
    }

    [Fact]
    public void A_value_of_which_a_copy_survives_is_not_computed_again()
    {
        WorkerState[] workers = [_scheduler.AddWorker(), _scheduler.AddWorker(), _scheduler.AddWorker()];
        var task = _scheduler.Submit();
        var first = _scheduler.Sent.Latest[task].Worker;
        _scheduler.Finish(first, task, bytes: 100);
        foreach (var worker in workers.Where(worker => worker != first))
        {
            _scheduler.AddReplica(worker, task);
        }

        _scheduler.Sent.Clear();
        _scheduler.RemoveWorker(first);
        _scheduler.RemoveWorker(workers.First(worker => worker != first));

        Assert.Empty(_scheduler.Sent.Computes);
        Assert.Empty(_scheduler.Sent.Notices);
        Assert.Equal(100, Assert.Single(_scheduler.Machine.Workers).NBytes);
    }

    [Fact]
    public void A_waiting_task_waits_again_for_an_input_that_is_lost()
    {
        var (worker, other) = (_scheduler.AddWorker("a"), _scheduler.AddWorker("b"));
        var left = _scheduler.Submit(new TestWork(), On("a"));
        var right = _scheduler.Submit(new TestWork(), On("b"));
        var task = _scheduler.Submit(left, right);
        _scheduler.Finish(worker, left);

        _scheduler.RemoveWorker(worker);
        _scheduler.Finish(other, right);
        Assert.Equal(SchedulerTaskState.Waiting, _scheduler.StateOf(task));
        _scheduler.Finish(_scheduler.AddWorker("a"), left);

        Assert.Equal(SchedulerTaskState.Processing, _scheduler.StateOf(task));
    }

    [Fact]
    public void Scattered_data_that_is_lost_fails_what_needs_it_and_says_so()
    {
        var worker = _scheduler.AddWorker();
        var data = _scheduler.Submit(TestWork.Data(), new TaskOptions());
        _scheduler.Finish(worker, data);
        var missing = _scheduler.Submit(new TestWork(), On("nobody"));
        var task = _scheduler.Submit(data, missing);

        _scheduler.RemoveWorker(worker);

        Assert.Equal([FutureStatus.Finished, FutureStatus.Lost], _scheduler.ToldOf(data));
        var error = Assert.Single(_scheduler.NoticesOf(task)).Error!;
        Assert.Equal((TaskErrorKind.LostData, data), (error.Kind, error.Key));
        Assert.IsType<LostDataException>(error.ToException());
        Assert.Contains(worker.Address.Name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Scattered_data_without_options_is_taken_too()
    {
        var worker = _scheduler.AddWorker();
        var data = _scheduler.Submit(TestWork.Data());

        _scheduler.Finish(worker, data);

        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(data));
    }

    [Fact]
    public void Scattered_data_that_has_not_arrived_is_sent_to_another_worker()
    {
        var worker = _scheduler.AddWorker();
        var data = _scheduler.Submit(TestWork.Data());
        var other = _scheduler.AddWorker();

        _scheduler.RemoveWorker(worker);

        Assert.Equal([data], _scheduler.ProcessingOn(other));
    }

    [Fact]
    public void What_depends_on_lost_data_can_not_be_retried()
    {
        var worker = _scheduler.AddWorker();
        var data = _scheduler.Submit(TestWork.Data());
        _scheduler.Finish(worker, data);
        _scheduler.RemoveWorker(worker);
        var task = _scheduler.Submit(data);
        _scheduler.AddWorker();

        _scheduler.Retry(task, data);

        Assert.Equal([FutureStatus.Lost, FutureStatus.Pending, FutureStatus.Lost], _scheduler.ToldOf(task));
    }

    [Fact]
    public void Data_with_replicas_is_told_when_enough_workers_hold_it()
    {
        WorkerState[] workers = [_scheduler.AddWorker(), _scheduler.AddWorker(), _scheduler.AddWorker()];
        var data = _scheduler.Submit(TestWork.Data(), new TaskOptions { Replicas = 2 });
        _scheduler.Finish(_scheduler.Sent.Latest[data].Worker, data);
        Assert.Empty(_scheduler.ToldOf(data));
        var asked = Assert.Single(_scheduler.Sent.Acquires);

        _scheduler.AddReplica(asked.Worker, data);

        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(data));
        Assert.Equal(2, _scheduler.HoldersOf(data).Count);
        Assert.Equal(3, workers.Length);
    }

    [Fact]
    public void Data_with_more_replicas_than_workers_is_told_when_all_hold_it()
    {
        var worker = _scheduler.AddWorker();
        var data = _scheduler.Submit(TestWork.Data(), new TaskOptions { Replicas = 5 });

        _scheduler.Finish(worker, data);

        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(data));
    }

    [Fact]
    public void Data_is_told_although_the_worker_that_was_to_copy_it_dies()
    {
        var (first, second) = (_scheduler.AddWorker("a"), _scheduler.AddWorker("b"));
        var data = _scheduler.Submit(TestWork.Data(), On("a", "b") with { Replicas = 2 });
        _scheduler.Finish(first, data);
        Assert.Empty(_scheduler.ToldOf(data));

        _scheduler.RemoveWorker(second);

        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(data));
    }

    [Fact]
    public void Data_that_a_worker_could_not_copy_is_told_when_it_has_copied_it_from_another()
    {
        WorkerState[] workers = [_scheduler.AddWorker("a"), _scheduler.AddWorker("b"), _scheduler.AddWorker("c")];
        var data = _scheduler.Submit(TestWork.Data(), On("a", "b", "c") with { Replicas = 3 });
        _scheduler.Finish(workers[0], data);
        _scheduler.AddReplica(workers[1], data);

        _scheduler.Handle(workers[2], new DataMissing(data, workers[0].Address));
        Assert.Empty(_scheduler.ToldOf(data));
        Assert.Equal(new SentAcquire(workers[2], data, workers[1].Address), _scheduler.Sent.Acquires[^1]);
        _scheduler.AddReplica(workers[2], data);

        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(data));
        Assert.Equal([workers[1].Address, workers[2].Address], _scheduler.HoldersOf(data));
    }

    [Fact]
    public void A_worker_that_has_lost_a_copy_is_not_told_to_drop_the_one_that_it_gets_next()
    {
        var (first, second) = (_scheduler.AddWorker("a"), _scheduler.AddWorker("b"));
        var data = _scheduler.Submit(TestWork.Data(), On("a"));
        _scheduler.Finish(first, data);
        _scheduler.AddReplica(second, data);

        _scheduler.Handle(second, new DataMissing(data, second.Address));
        Assert.Equal([first.Address], _scheduler.HoldersOf(data));
        _scheduler.AddReplica(second, data); // Got for a task that it had already.

        Assert.Empty(_scheduler.Sent.Frees);
        Assert.Equal([first.Address, second.Address], _scheduler.HoldersOf(data));
    }

    [Fact]
    public void Data_whose_first_holder_dies_before_it_is_copied_is_lost()
    {
        var (first, second) = (_scheduler.AddWorker("a"), _scheduler.AddWorker("b"));
        var data = _scheduler.Submit(TestWork.Data(), On("a", "b") with { Replicas = 2 });
        _scheduler.Finish(first, data);

        _scheduler.RemoveWorker(first);
        _scheduler.Handle(second, new DataMissing(data, first.Address));

        Assert.Equal(FutureStatus.Lost, _scheduler.ToldOf(data)[^1]);
        Assert.DoesNotContain(FutureStatus.Finished, _scheduler.ToldOf(data));
    }

    [Fact]
    public void A_copy_of_a_value_that_is_no_longer_wanted_is_freed()
    {
        var (worker, other) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        var task = _scheduler.Submit();
        _scheduler.Finish(_scheduler.Sent.Latest[task].Worker, task);
        _scheduler.Release(task);
        _scheduler.Sent.Clear();

        _scheduler.AddReplica(other, task);

        Assert.Equal((other, task), (Assert.Single(_scheduler.Sent.Frees).Worker, _scheduler.Sent.Frees[0].Key));
        Assert.Equal(0, worker.NBytes + other.NBytes);
    }

    [Fact]
    public void A_value_that_is_not_where_it_should_be_is_computed_again_for_who_misses_it()
    {
        var (holder, reader) = (_scheduler.AddWorker("a"), _scheduler.AddWorker("b"));
        var input = _scheduler.Submit(new TestWork(), On("a"));
        _scheduler.Finish(holder, input);
        var task = _scheduler.Submit(new TestWork(), On("b"), input);

        _scheduler.ReportMissing(reader, task, input, holder);
        Assert.Equal(SchedulerTaskState.Processing, _scheduler.StateOf(input));
        Assert.Equal(SchedulerTaskState.Waiting, _scheduler.StateOf(task));
        _scheduler.Finish(holder, input);
        _scheduler.Finish(reader, task);

        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(task));
    }

    [Fact]
    public void A_worker_that_is_said_not_to_hold_a_value_need_not_hold_it()
    {
        var (holder, reader) = (_scheduler.AddWorker("a"), _scheduler.AddWorker("b"));
        var input = _scheduler.Submit(new TestWork(), On("a", "c"));
        _scheduler.Finish(holder, input);
        var task = _scheduler.Submit(new TestWork(), On("b"), input);

        _scheduler.ReportMissing(reader, task, input, holder);

        Assert.Contains(new SentAttempt(holder, input, 1), _scheduler.Sent.Frees); // It may only have been out of reach.
    }

    [Fact]
    public void A_task_that_misses_an_input_of_which_there_is_a_copy_is_sent_there()
    {
        WorkerState[] workers = [_scheduler.AddWorker("a"), _scheduler.AddWorker("b"), _scheduler.AddWorker("c")];
        var input = _scheduler.Submit(new TestWork(), On("a"));
        _scheduler.Finish(workers[0], input);
        _scheduler.AddReplica(workers[1], input);
        var task = _scheduler.Submit(new TestWork(), On("c"), input);

        _scheduler.ReportMissing(workers[2], task, input, workers[0]);

        Assert.Equal(2, _scheduler.Sent.Latest[task].Attempt);
        Assert.Same(workers[1].Address, _scheduler.Sent.Computes[^1].Dependencies[0].Holder);
    }

    [Fact]
    public void A_task_that_misses_lost_data_fails()
    {
        var (holder, reader) = (_scheduler.AddWorker("a"), _scheduler.AddWorker("b"));
        var data = _scheduler.Submit(TestWork.Data(), On("a"));
        _scheduler.Finish(holder, data);
        var task = _scheduler.Submit(new TestWork(), On("b"), data);

        _scheduler.RemoveWorker(holder);
        _scheduler.ReportMissing(reader, task, data, holder);

        Assert.Equal([FutureStatus.Lost], _scheduler.ToldOf(task));
    }

    [Fact]
    public void Inputs_that_can_be_computed_again_are_missed_as_often_as_need_be()
    {
        var (holder, reader) = (_scheduler.AddWorker("a"), _scheduler.AddWorker("b"));
        var inputs = Enumerable.Range(0, 2 * new SchedulerSettings().UnreachableMax).Select(_ => _scheduler.Submit(new TestWork(), On("a"))).ToArray();
        Array.ForEach(inputs, input => _scheduler.Finish(holder, input));
        var task = _scheduler.Submit(new TestWork(), On("b"), inputs);

        foreach (var input in inputs)
        {
            _scheduler.ReportMissing(reader, task, input, holder, isUnreachable: true); // One host is out of reach, with all of them.
            _scheduler.Finish(holder, input);
        }

        Assert.Empty(_scheduler.ToldOf(task));
        Assert.Equal(task, _scheduler.Sent.Computes[^1].Key);
    }

    [Fact]
    public void Data_that_stays_out_of_reach_counts_as_lost()
    {
        var (holder, reader) = (_scheduler.AddWorker("a"), _scheduler.AddWorker("b"));
        var data = _scheduler.Submit(TestWork.Data(), On("a"));
        _scheduler.Finish(holder, data);
        var task = _scheduler.Submit(new TestWork(), On("b"), data);

        for (var time = 0; time < new SchedulerSettings().UnreachableMax; time++)
        {
            _scheduler.ReportMissing(reader, task, data, holder, isUnreachable: true);
        }

        Assert.Empty(_scheduler.ToldOf(task));
        _scheduler.ReportMissing(reader, task, data, holder, isUnreachable: true);
        Assert.Equal([FutureStatus.Lost], _scheduler.ToldOf(task));
    }

    [Fact]
    public void A_result_that_stays_out_of_reach_while_it_is_moved_is_computed_again()
    {
        var (holder, reader) = (_scheduler.AddWorker("a"), _scheduler.AddWorker("b"));
        var input = _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["a"], AllowOtherWorkers = true });
        _scheduler.Finish(holder, input);
        var task = _scheduler.Submit(new TestWork(), On("b"), input);
        _scheduler.Retire(holder); // It is only there, and somebody is asked to copy it.

        for (var time = 0; time <= new SchedulerSettings().UnreachableMax; time++)
        {
            _scheduler.ReportMissing(reader, task, input, holder, isUnreachable: true);
        }

        Assert.Empty(_scheduler.ToldOf(task));
        Assert.Equal((input, reader), (_scheduler.Sent.Computes[^1].Key, _scheduler.Sent.Computes[^1].Worker));
    }

    [Fact]
    public void A_task_that_is_assigned_may_have_a_lost_input_already()
    {
        var (holder, reader) = (_scheduler.AddWorker("a"), _scheduler.AddWorker("b"));
        var data = _scheduler.Submit(TestWork.Data(), On("a"));
        _scheduler.Finish(holder, data);
        var task = _scheduler.Submit(new TestWork(), On("b"), data);

        _scheduler.RemoveWorker(holder);
        _scheduler.Finish(reader, task);

        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(task));
    }

    [Fact]
    public void A_client_that_misses_a_value_has_it_computed_again()
    {
        var worker = _scheduler.AddWorker();
        var task = _scheduler.Submit();
        _scheduler.Finish(worker, task);

        _scheduler.Handle(_scheduler.Client, new DataMissing(task, worker.Address));

        Assert.Equal([FutureStatus.Finished, FutureStatus.Pending], _scheduler.ToldOf(task));
        Assert.Equal([task], _scheduler.ProcessingOn(worker));
    }

    [Fact]
    public void Who_waits_for_workers_is_answered_when_they_are_there()
    {
        Assert.Null(_scheduler.Ask(new WaitForWorkersRequest(2)));

        _scheduler.AddWorker();
        Assert.DoesNotContain(_scheduler.Sent.Replies, static reply => reply.Value is 2);
        _scheduler.AddWorker();

        Assert.Contains(_scheduler.Sent.Replies, static reply => reply.Value is 2);
        Assert.Equal(2, _scheduler.Ask(new WaitForWorkersRequest(1)));
    }

    [Fact]
    public void Who_waits_no_longer_for_workers_is_not_answered()
    {
        var wait = new WaitForWorkersRequest(1);
        _scheduler.Ask(wait);
        _scheduler.Handle(_scheduler.Client, new AbandonRequest(wait.RequestId));

        _scheduler.AddWorker();

        Assert.DoesNotContain(_scheduler.Sent.Replies, reply => reply.RequestId == wait.RequestId);
    }

    [Fact]
    public void Lost_data_can_not_be_tried_again_and_nobody_is_told_so()
    {
        var worker = _scheduler.AddWorker();
        var data = _scheduler.Submit(TestWork.Data());
        _scheduler.Finish(worker, data);
        _scheduler.RemoveWorker(worker);

        _scheduler.Retry(data);

        Assert.Equal([FutureStatus.Finished, FutureStatus.Lost], _scheduler.ToldOf(data));
    }

    [Fact]
    public void Lost_data_is_named_by_its_key_alone()
    {
        var worker = _scheduler.AddWorker();
        var data = _scheduler.Submit(TestWork.Data());
        _scheduler.Finish(worker, data);

        _scheduler.RemoveWorker(worker);

        Assert.StartsWith($"The data {data} is gone", _scheduler.NoticesOf(data).Last().Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unannounced_deaths_count_against_what_ran_and_against_nothing_else()
    {
        var (running, queued) = (_scheduler.Submit(), _scheduler.Submit());

        _scheduler.RemoveWorker(_scheduler.AddWorker());

        Assert.Equal((1, 0), (_scheduler.Machine.DeathsOf(running), _scheduler.Machine.DeathsOf(queued)));
        Assert.Equal(0, _scheduler.Machine.DeathsOf(new TaskKey(_scheduler.Client.Id, 1 << 20)));
    }

    private static TaskOptions On(params string[] workers) => new() { Workers = workers };

    [Fact]
    public void What_has_to_run_again_after_its_data_was_given_up_is_lost()
    {
        var scheduler = new SchedulerFixture();
        var (holder, worker) = (scheduler.AddWorker("holder"), scheduler.AddWorker("worker"));
        var data = scheduler.HoldData(holder);
        var reader = scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["worker"] }, data);
        scheduler.Finish(worker, reader);
        scheduler.Release(data);

        scheduler.RemoveWorker(worker);

        Assert.Equal(FutureStatus.Lost, scheduler.ToldOf(reader)[^1]);
        Assert.Equal(data, scheduler.NoticesOf(reader).Last().Error!.Key);
    }
}
