using Engine.Protocol;
using Engine.Scheduling.ActiveMemory.Machine;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling.ActiveMemory;

/// <summary>Values are moved from full workers to empty ones: a copy first, and a drop when it is there.</summary>
public sealed class RebalanceTests
{
    private readonly SchedulerFixture _scheduler = new(new SchedulerSettings { ActiveMemoryInterval = TimeSpan.FromSeconds(2), WorkStealing = false });

    public RebalanceTests() => _scheduler.Machine.AddPolicy(new Rebalance());

    [Fact]
    public void Values_move_until_all_hold_about_as_much()
    {
        WorkerState[] workers = [.. Enumerable.Range(0, 4).Select(_ => _scheduler.AddWorker())];
        var keys = Enumerable.Range(0, 40).Select(_ => _scheduler.HoldData(workers[0], bytes: 10)).ToList();

        Balance(keys);

        Assert.All(workers, static worker => Assert.InRange(worker.NBytes, 90, 110));
        Assert.All(keys, key => Assert.Single(_scheduler.HoldersOf(key)));
    }

    [Fact]
    public void Values_come_to_rest_also_on_workers_of_which_one_has_little_memory()
    {
        var (full, small) = (_scheduler.AddWorker(nanny: null, memoryLimit: 1000), _scheduler.AddWorker(nanny: null, memoryLimit: 50));
        var keys = Enumerable.Range(0, 10).Select(_ => _scheduler.HoldData(full, bytes: 10)).ToList();

        Balance(keys);
        Round();

        Assert.Equal((50, 50), (full.NBytes, small.NBytes));
        Assert.Empty(_scheduler.Sent.Acquires);
    }

    [Fact]
    public void Nothing_moves_between_workers_that_hold_about_as_much()
    {
        foreach (var worker in Enumerable.Range(0, 3).Select(_ => _scheduler.AddWorker()).ToList())
        {
            _scheduler.HoldData(worker, bytes: 100);
        }

        Round();

        Assert.Empty(_scheduler.Sent.Acquires);
    }

    [Fact]
    public void A_single_worker_has_nobody_to_give_to()
    {
        _scheduler.HoldData(_scheduler.AddWorker());

        Round();

        Assert.Empty(_scheduler.Sent.Acquires);
    }

    [Fact]
    public void Nothing_is_dropped_before_its_copy_is_confirmed()
    {
        var (full, _) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        var keys = Enumerable.Range(0, 4).Select(_ => _scheduler.HoldData(full, bytes: 10)).ToList();

        for (var round = 0; round < 5; round++)
        {
            Round();
        }

        Assert.All(keys, key => Assert.Contains(full.Address, _scheduler.HoldersOf(key)));
    }

    [Fact]
    public void A_move_whose_recipient_dies_is_made_to_another_one_and_loses_nothing()
    {
        var (full, first) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        var keys = Enumerable.Range(0, 4).Select(_ => _scheduler.HoldData(full, bytes: 10)).ToList();
        Round();
        Assert.NotEmpty(_scheduler.Sent.Acquires);
        _scheduler.RemoveWorker(first);
        _scheduler.Sent.Acquires.Clear();
        var second = _scheduler.AddWorker();

        Balance(keys);

        Assert.All(keys, key => Assert.Single(_scheduler.HoldersOf(key)));
        Assert.Equal(20, second.NBytes);
    }

    [Fact]
    public void A_move_that_cannot_be_made_is_not_tried_for_ever_in_vain_and_keeps_nothing_from_moving_later()
    {
        var (full, other) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        var key = _scheduler.HoldData(full, bytes: 10);
        _scheduler.HoldData(full, bytes: 10);
        for (var round = 0; round < 20 && _scheduler.HoldersOf(key).Count == 1; round++)
        {
            Round();
            foreach (var asked in _scheduler.Sent.Acquires.ToList())
            {
                _scheduler.Sent.Acquires.Remove(asked);
                _scheduler.Handle(other, new DataMissing(asked.Key, asked.Holder, isUnreachable: true)); // The way is bad.
            }
        }

        Balance([key]); // The way is good again.

        Assert.Equal(10, other.NBytes);
    }

    [Fact]
    public void A_result_that_cannot_be_fetched_to_be_moved_stays_where_it_is_and_is_not_computed_again()
    {
        var (full, other) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        Assert.Equal(2, Enumerable.Range(0, 2).Select(_ => _scheduler.Hold(full, bytes: 10)).Count());
        Round();
        var task = Assert.Single(_scheduler.Sent.Acquires).Key;

        _scheduler.Handle(other, new DataMissing(task, full.Address, isUnreachable: true));

        Assert.Equal([full.Address], _scheduler.HoldersOf(task));
        Assert.Equal([FutureStatus.Finished], _scheduler.ToldOf(task));
        Assert.Empty(_scheduler.Sent.Frees);
    }

    [Fact]
    public void A_source_that_dies_before_it_has_dropped_leaves_the_copy()
    {
        var (full, other) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        Assert.Equal(2, Enumerable.Range(0, 2).Select(_ => _scheduler.HoldData(full, bytes: 10)).Count());
        Round();
        var moved = Assert.Single(_scheduler.Sent.Acquires).Key;
        _scheduler.MakeCopies();

        _scheduler.RemoveWorker(full);
        Round();

        Assert.Equal([other.Address], _scheduler.HoldersOf(moved));
    }

    [Fact]
    public void A_value_that_somebody_wished_copies_of_keeps_them_wherever_it_moves()
    {
        WorkerState[] workers = [.. Enumerable.Range(0, 4).Select(_ => _scheduler.AddWorker())];
        var keys = Enumerable.Range(0, 10).Select(_ => _scheduler.HoldData(workers[0], bytes: 10)).ToList();
        foreach (var key in keys)
        {
            _scheduler.AskLater(new ReplicateRequest([key], 2));
        }

        _scheduler.MakeCopies();

        Balance(keys);

        Assert.All(keys, key => Assert.Equal(2, _scheduler.HoldersOf(key).Count));
    }

    [Fact]
    public void A_retirement_while_values_are_moved_and_replicated_loses_nothing_T048()
    {
        WorkerState[] workers = [.. Enumerable.Range(0, 4).Select(_ => _scheduler.AddWorker())];
        var keys = Enumerable.Range(0, 20).Select(_ => _scheduler.HoldData(workers[0], bytes: 10)).ToList();
        _scheduler.AskLater(new ReplicateRequest([.. keys[..5]], 2));
        Round();

        var request = _scheduler.Retire(workers[0]);
        _scheduler.Acknowledge(workers[0]);
        Balance(keys);

        Assert.True(_scheduler.ReportOf(request)!.AllRetired);
        Assert.Empty(_scheduler.RowOf(request).Lost);
        Assert.All(keys[..5], key => Assert.Equal(2, _scheduler.HoldersOf(key).Count));
        Assert.All(keys[5..], key => Assert.Single(_scheduler.HoldersOf(key)));
    }

    private void Balance(List<TaskKey> keys)
    {
        for (var round = 0; round < 20; round++)
        {
            Round();
            Assert.All(keys, key => Assert.NotEmpty(_scheduler.HoldersOf(key)));
            _scheduler.MakeCopies();
            Assert.All(keys, key => Assert.NotEmpty(_scheduler.HoldersOf(key)));
        }
    }

    private void Round() => _scheduler.Ask(new ActiveMemoryRequest(ActiveMemoryCommand.RunOnce));
}
