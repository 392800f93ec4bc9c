using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling.ActiveMemory;

/// <summary>How many copies somebody wishes: who is asked for one, when he is answered, and that it stays so.</summary>
public sealed class ReplicateTests
{
    private readonly SchedulerFixture _scheduler = new(new SchedulerSettings { ActiveMemoryInterval = TimeSpan.FromSeconds(2) });

    [Fact]
    public void The_answer_comes_when_the_copies_are_there()
    {
        var workers = AddWorkers(3);
        var data = _scheduler.HoldData(workers[0]);

        var request = Replicate(data, 3);
        Assert.Equal([workers[1], workers[2]], _scheduler.Sent.Acquires.Select(static sent => sent.Worker).OrderBy(static worker => worker.Index));
        Assert.Null(_scheduler.AnswerTo(request));
        MakeFirstCopy();
        Assert.Null(_scheduler.AnswerTo(request));
        _scheduler.MakeCopies();

        Assert.Null(_scheduler.AnswerTo(request)!.Error);
        Assert.Equal(3, _scheduler.HoldersOf(data).Count);
    }

    [Fact]
    public void What_is_there_already_is_answered_at_once()
    {
        var workers = AddWorkers(2);
        var data = _scheduler.HoldData(workers[0]);

        Assert.NotNull(_scheduler.AnswerTo(Replicate(data, 1)));
    }

    [Fact]
    public void More_copies_than_workers_are_as_many_as_there_are_workers_and_the_rest_when_one_comes()
    {
        var workers = AddWorkers(2);
        var data = _scheduler.HoldData(workers[0]);

        var request = Replicate(data, 9);
        _scheduler.MakeCopies();
        Assert.NotNull(_scheduler.AnswerTo(request));
        var late = _scheduler.AddWorker();
        _scheduler.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(late, Assert.Single(_scheduler.Sent.Acquires).Worker);
    }

    [Fact]
    public void A_key_that_nobody_holds_is_an_error_and_nothing_is_copied()
    {
        var workers = AddWorkers(2);
        var data = _scheduler.HoldData(workers[0]);
        var running = _scheduler.Submit();

        Assert.IsType<UnknownKeyException>(_scheduler.AnswerTo(_scheduler.AskLater(new ReplicateRequest([data, running], 2)))!.Error);
        Assert.IsType<UnknownKeyException>(_scheduler.AnswerTo(Replicate(new TaskKey(_scheduler.Client.Id, 999), 2))!.Error);

        Assert.Empty(_scheduler.Sent.Acquires);
    }

    [Fact]
    public void Who_waits_for_copies_is_answered_when_a_worker_that_was_asked_dies()
    {
        var workers = AddWorkers(2);
        var data = _scheduler.HoldData(workers[0]);
        var request = Replicate(data, 2);

        _scheduler.RemoveWorker(workers[1]);

        Assert.NotNull(_scheduler.AnswerTo(request));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Who_waits_for_copies_is_answered_when_the_only_holder_dies(bool hasRecipe)
    {
        var workers = AddWorkers(3);
        var key = hasRecipe ? _scheduler.Submit(new TestWork()) : _scheduler.HoldData(workers[0]);
        var holder = hasRecipe ? _scheduler.Sent.Latest[key].Worker : workers[0];
        if (hasRecipe)
        {
            _scheduler.Finish(holder, key);
        }

        var request = Replicate(key, 2);

        _scheduler.RemoveWorker(holder);

        Assert.NotNull(_scheduler.AnswerTo(request));
    }

    [Fact]
    public void Who_waits_for_copies_is_answered_when_the_value_is_released()
    {
        var workers = AddWorkers(2);
        var data = _scheduler.HoldData(workers[0]);
        var request = Replicate(data, 2);

        _scheduler.Release(data);

        Assert.NotNull(_scheduler.AnswerTo(request));
    }

    [Fact]
    public void A_client_that_goes_while_it_waits_is_sent_nothing()
    {
        var other = _scheduler.AddClient();
        var workers = AddWorkers(2);
        var request = _scheduler.AskLater(new ReplicateRequest([_scheduler.HoldData(workers[0])], 2), other);

        _scheduler.RemoveClient(other);
        _scheduler.MakeCopies();

        Assert.Null(_scheduler.AnswerTo(request));
    }

    [Fact]
    public void A_wish_is_fulfilled_again_after_a_holder_has_died()
    {
        var workers = AddWorkers(3);
        var data = _scheduler.HoldData(workers[0]);
        Replicate(data, 2);
        var copied = Assert.Single(_scheduler.Sent.Acquires).Worker;
        _scheduler.MakeCopies();

        _scheduler.RemoveWorker(copied);
        _scheduler.Advance(TimeSpan.FromSeconds(2));
        _scheduler.MakeCopies();

        Assert.Equal(2, _scheduler.HoldersOf(data).Count);
    }

    [Fact]
    public void Scattered_data_with_replicas_keeps_them_when_a_holder_dies_A8_74()
    {
        var workers = AddWorkers(3);
        var data = _scheduler.Submit(new Engine.Tasks.ConstantWork(Engine.Data.DataValue.From("data")), new TaskOptions { Replicas = 2 });
        _scheduler.Finish(data);
        _scheduler.MakeCopies();
        Assert.Equal(2, _scheduler.HoldersOf(data).Count);

        _scheduler.RemoveWorker(workers.Find(worker => worker.Id == _scheduler.HoldersOf(data)[0].Id)!);
        Assert.Single(_scheduler.HoldersOf(data));
        _scheduler.Advance(TimeSpan.FromSeconds(2));
        _scheduler.MakeCopies();

        Assert.Equal(2, _scheduler.HoldersOf(data).Count);
    }

    [Fact]
    public void A_copy_that_a_holder_without_connection_does_not_give_is_taken_from_another_one_at_once()
    {
        var first = _scheduler.AddWorker(_scheduler.AddNanny());
        var others = AddWorkers(2);
        var data = _scheduler.HoldData(first);
        Replicate(data, 2);
        _scheduler.MakeCopies();
        var second = others.Single(other => _scheduler.HoldersOf(data).Contains(other.Address));
        Replicate(data, 3);
        var asked = Assert.Single(_scheduler.Sent.Acquires);
        Assert.Equal(first.Address, asked.Holder);
        _scheduler.Cut(first);
        _scheduler.Sent.Acquires.Clear();

        _scheduler.Handle(asked.Worker, new DataMissing(data, first.Address));

        Assert.Equal((asked.Worker, second.Address), Assert.Single(_scheduler.Sent.Acquires) is var again ? (again.Worker, again.Holder) : default);
    }

    [Fact]
    public void A_copy_that_could_not_be_made_is_asked_for_again_in_a_later_round()
    {
        var workers = AddWorkers(2);
        var data = _scheduler.HoldData(workers[0]);
        var request = Replicate(data, 2);

        _scheduler.Handle(workers[1], new DataMissing(data, workers[0].Address, isUnreachable: true));
        Assert.NotNull(_scheduler.AnswerTo(request)); // It won't come soon.
        _scheduler.Sent.Acquires.Clear();
        _scheduler.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(workers[1], Assert.Single(_scheduler.Sent.Acquires).Worker);
    }

    [Fact]
    public void A_copy_that_is_confirmed_after_it_was_given_up_is_freed_and_not_counted_I7()
    {
        var workers = AddWorkers(2);
        var data = _scheduler.HoldData(workers[0]);
        Replicate(data, 2);
        var asked = Assert.Single(_scheduler.Sent.Acquires);
        _scheduler.Handle(workers[1], new StatusChanged(Status.Paused)); // It won't take copies, so it is not waited for.
        _scheduler.Sent.Clear();

        _scheduler.MakeCopy(asked);

        Assert.Equal(new SentAttempt(workers[1], data, 0), Assert.Single(_scheduler.Sent.Frees));
        Assert.Equal([workers[0].Address], _scheduler.HoldersOf(data));
    }

    [Fact]
    public void A_copy_that_was_asked_for_twice_is_counted_for_the_second_answer_only()
    {
        var workers = AddWorkers(2);
        var data = _scheduler.HoldData(workers[0]);
        Replicate(data, 2);
        var first = Assert.Single(_scheduler.Sent.Acquires);
        _scheduler.Handle(workers[1], new StatusChanged(Status.Paused));
        _scheduler.Handle(workers[1], new StatusChanged(Status.Running));
        var request = Replicate(data, 2);
        var second = _scheduler.Sent.Acquires[^1];
        Assert.NotEqual(first.Number, second.Number);
        _scheduler.Sent.Frees.Clear();

        _scheduler.MakeCopy(first); // By now the copy may have been dropped: the scheduler said so when it gave up.

        Assert.Equal([workers[0].Address], _scheduler.HoldersOf(data));
        Assert.Null(_scheduler.AnswerTo(request));
        Assert.Empty(_scheduler.Sent.Frees);
        _scheduler.MakeCopy(second);
        Assert.Equal([workers[0].Address, workers[1].Address], _scheduler.HoldersOf(data));
        Assert.NotNull(_scheduler.AnswerTo(request));
    }

    [Fact]
    public void A_late_answer_about_a_copy_that_is_held_drops_nothing()
    {
        var workers = AddWorkers(2);
        var data = _scheduler.HoldData(workers[0]);
        Replicate(data, 2);
        var first = Assert.Single(_scheduler.Sent.Acquires);
        _scheduler.MakeCopy(first);
        _scheduler.Sent.Frees.Clear();

        _scheduler.MakeCopy(first);

        Assert.Empty(_scheduler.Sent.Frees);
        Assert.Equal(2, _scheduler.HoldersOf(data).Count);
    }

    [Fact]
    public void A_wish_of_one_is_no_wish()
    {
        var workers = AddWorkers(3);
        var data = _scheduler.HoldData(workers[0]);
        Replicate(data, 3);
        _scheduler.MakeCopies();

        Replicate(data, 1);
        _scheduler.Advance(TimeSpan.FromSeconds(2));

        Assert.Single(_scheduler.HoldersOf(data));
    }

    [Fact]
    public void Copies_that_are_under_way_are_not_asked_for_again()
    {
        var workers = AddWorkers(4);
        var data = _scheduler.HoldData(workers[0]);
        Replicate(data, 2);

        _scheduler.Advance(TimeSpan.FromSeconds(2));

        Assert.Single(_scheduler.Sent.Acquires);
    }

    [Fact]
    public void Copies_that_have_come_are_not_waited_for_again()
    {
        var workers = AddWorkers(2);
        var data = _scheduler.HoldData(workers[0]);
        Replicate(data, 2);
        _scheduler.MakeCopies();

        Assert.NotNull(_scheduler.AnswerTo(Replicate(data, 2)));
    }

    [Fact]
    public void Who_wishes_copies_of_several_values_is_answered_when_those_of_all_are_there()
    {
        var workers = AddWorkers(2);
        var request = _scheduler.AskLater(new ReplicateRequest([_scheduler.HoldData(workers[0]), _scheduler.HoldData(workers[0])], 2));

        MakeFirstCopy();
        Assert.Null(_scheduler.AnswerTo(request));
        MakeFirstCopy();

        Assert.NotNull(_scheduler.AnswerTo(request));
    }

    [Fact]
    public void A_wish_that_nobody_can_fulfil_is_fulfilled_when_somebody_can_however_much_later()
    {
        var data = _scheduler.HoldData(_scheduler.AddWorker());
        Assert.NotNull(_scheduler.AnswerTo(Replicate(data, 2)));
        _scheduler.Advance(TimeSpan.FromSeconds(2));
        _scheduler.Advance(TimeSpan.FromSeconds(2));

        var late = _scheduler.AddWorker();
        _scheduler.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(late, Assert.Single(_scheduler.Sent.Acquires).Worker);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 3)]
    [InlineData(3, 2)]
    public void The_last_wish_holds_also_after_a_holder_has_died(int first, int second)
    {
        var workers = AddWorkers(5);
        var data = _scheduler.HoldData(workers[0]);
        Replicate(data, first);
        _scheduler.MakeCopies();
        Replicate(data, second);
        _scheduler.MakeCopies();
        _scheduler.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(second, _scheduler.HoldersOf(data).Count);

        _scheduler.RemoveWorker(workers.Find(worker => worker.Address == _scheduler.HoldersOf(data)[^1])!);
        _scheduler.Advance(TimeSpan.FromSeconds(2));
        _scheduler.MakeCopies();

        Assert.Equal(second, _scheduler.HoldersOf(data).Count);
    }

    [Fact]
    public void A_wish_goes_with_the_value_and_can_be_made_again()
    {
        var workers = AddWorkers(4);
        var result = _scheduler.Submit();
        _scheduler.Finish(result);
        Replicate(result, 2);
        _scheduler.MakeCopies();
        RemoveHolders();
        _scheduler.Finish(result); // It was lost, and is computed again.
        _scheduler.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(_scheduler.Sent.Acquires);

        Replicate(result, 2);
        _scheduler.MakeCopies();
        _scheduler.RemoveWorker(workers.Find(worker => worker.Address == _scheduler.HoldersOf(result)[1])!);
        _scheduler.AddWorker();
        _scheduler.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(result, Assert.Single(_scheduler.Sent.Acquires).Key);

        void RemoveHolders()
        {
            foreach (var holder in _scheduler.HoldersOf(result))
            {
                _scheduler.RemoveWorker(workers.Find(worker => worker.Address == holder)!, expected: true);
            }
        }
    }

    [Fact]
    public void A_wish_of_one_is_no_reason_for_a_round()
    {
        var data = _scheduler.HoldData(_scheduler.AddWorker());

        Replicate(data, 1);

        Assert.Null(_scheduler.Machine.NextDeadline);
    }

    [Fact]
    public void What_a_worker_was_asked_to_take_counts_when_it_is_chosen_who_takes_the_next_copy()
    {
        var workers = AddWorkers(3);
        var (large, small) = (_scheduler.HoldData(workers[0], bytes: 1000), _scheduler.HoldData(workers[0]));
        _scheduler.HoldData(workers[2], bytes: 500);

        Replicate(large, 2);
        Replicate(small, 2);

        Assert.Equal([workers[1], workers[2]], _scheduler.Sent.Acquires.Select(static sent => sent.Worker));
    }

    [Fact]
    public void Who_takes_a_copy_is_chosen_among_eight_workers_and_for_the_next_copy_among_the_next_eight()
    {
        var workers = AddWorkers(10);
        var (first, second) = (_scheduler.HoldData(workers[0]), _scheduler.HoldData(workers[0]));
        Assert.All(workers[1..8], worker => _scheduler.HoldData(worker));

        Replicate(first, 2); // Looks at the first eight. The others are empty, but a step doesn't look at all workers.
        Replicate(second, 2);

        Assert.Equal([workers[1], workers[8]], _scheduler.Sent.Acquires.Select(static sent => sent.Worker));
    }

    [Fact]
    public void A_copy_is_asked_for_although_all_holders_are_without_connection()
    {
        var (first, second) = (_scheduler.AddWorker(_scheduler.AddNanny(number: 1)), _scheduler.AddWorker(_scheduler.AddNanny(number: 2)));
        var data = _scheduler.HoldData(first);
        Replicate(data, 3);
        _scheduler.MakeCopies();
        _scheduler.Cut(first);
        _scheduler.Cut(second);
        var third = _scheduler.AddWorker();

        _scheduler.Ask(new ActiveMemoryRequest(ActiveMemoryCommand.RunOnce)); // They may be back before it comes.

        Assert.Equal(new SentAcquire(third, data, first.Address), Assert.Single(_scheduler.Sent.Acquires));
    }

    private void MakeFirstCopy()
    {
        var first = _scheduler.Sent.Acquires[0];
        _scheduler.Sent.Acquires.RemoveAt(0);
        _scheduler.MakeCopy(first);
    }

    private long Replicate(TaskKey key, int count) => _scheduler.AskLater(new ReplicateRequest([key], count));

    private List<WorkerState> AddWorkers(int count) => [.. Enumerable.Range(0, count).Select(_ => _scheduler.AddWorker())];
}
