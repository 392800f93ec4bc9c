using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling.Membership;

/// <summary>Workers whose connection has ended, and of whom it isn't known yet whether they come back: what they alone hold can't be read now.</summary>
public sealed class CutOffTests
{
    private readonly SchedulerFixture _scheduler = new(new SchedulerSettings { WorkStealing = false });
    private readonly WorkerState _cut;
    private readonly WorkerState _second;

    public CutOffTests()
    {
        _cut = _scheduler.AddWorker(_scheduler.AddNanny(number: 1), "cut");
        _second = _scheduler.AddWorker(_scheduler.AddNanny(number: 2), "second");
        _scheduler.AddWorker("reader");
    }

    [Fact]
    public void What_needs_nothing_of_them_is_placed()
    {
        var input = _scheduler.HoldData(_second);
        _scheduler.Cut(_cut);

        var task = _scheduler.Submit(input);

        Assert.Equal(SchedulerTaskState.Processing, _scheduler.StateOf(task));
    }

    [Fact]
    public void A_value_that_another_worker_holds_too_is_read_there()
    {
        var data = HoldOnBoth();
        _scheduler.Cut(_cut);

        Read(data);

        Assert.Equal(_second.Address, Assert.Single(_scheduler.Sent.Computes[^1].Dependencies).Holder);
        Assert.Equal([_second.Address], _scheduler.HoldersOf(data));
    }

    [Fact]
    public void A_value_that_another_worker_holds_too_which_leaves_is_read_there()
    {
        var data = HoldOnBoth();
        _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["second"] }); // It has to end first.
        _scheduler.Retire(_second);
        _scheduler.Cut(_cut);

        Read(data);

        Assert.Equal(_second.Address, Assert.Single(_scheduler.Sent.Computes[^1].Dependencies).Holder);
    }

    [Fact]
    public void A_value_is_read_where_it_stays_rather_than_where_it_is_about_to_go()
    {
        var data = HoldOnBoth();
        _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["cut"] });
        _scheduler.Retire(_cut);

        Read(data);

        Assert.Equal(_second.Address, Assert.Single(_scheduler.Sent.Computes[^1].Dependencies).Holder);
    }

    [Fact]
    public void What_needs_a_value_whose_holders_are_all_cut_off_waits()
    {
        var data = HoldOnBoth();
        _scheduler.Cut(_cut);
        _scheduler.Cut(_second);

        var task = Read(data);

        Assert.Equal(SchedulerTaskState.NoWorker, _scheduler.StateOf(task));
    }

    [Fact]
    public void Who_asks_also_for_what_is_not_known_is_answered_when_the_rest_is()
    {
        var unknown = new TaskKey(_scheduler.Client.Id, 1000);
        var data = _scheduler.HoldData(_cut);
        _scheduler.Cut(_cut);
        Assert.NotNull(_scheduler.AnswerTo(_scheduler.AskLater(new WhoHasRequest([unknown]))));
        var asked = _scheduler.AskLater(new WhoHasRequest([unknown, data]));
        Assert.Null(_scheduler.AnswerTo(asked));

        _scheduler.ComeBack(_cut, data);

        Assert.NotNull(_scheduler.AnswerTo(asked));
    }

    [Fact]
    public void A_question_that_was_given_up_is_not_answered_and_all_others_are()
    {
        var other = _scheduler.AddClient();
        var data = _scheduler.HoldData(_cut);
        _scheduler.Cut(_cut);
        var (given, kept) = (_scheduler.AskLater(new WhoHasRequest([data])), _scheduler.AskLater(new WhoHasRequest([data])));
        var others = _scheduler.AskLater(new WhoHasRequest([data]), other);

        _scheduler.Handle(_scheduler.Client, new AbandonRequest(given));
        _scheduler.ComeBack(_cut, data);

        Assert.Null(_scheduler.AnswerTo(given));
        Assert.NotNull(_scheduler.AnswerTo(kept));
        Assert.NotNull(_scheduler.AnswerTo(others));
    }

    [Fact]
    public void Questions_of_a_client_that_has_gone_are_not_answered_and_all_others_are()
    {
        var other = _scheduler.AddClient();
        var data = _scheduler.HoldData(_cut);
        _scheduler.Cut(_cut);
        var asked = _scheduler.AskLater(new WhoHasRequest([data]), other);
        var kept = _scheduler.AskLater(new WhoHasRequest([data]));

        _scheduler.RemoveClient(other);
        _scheduler.ComeBack(_cut, data);

        Assert.Null(_scheduler.AnswerTo(asked));
        Assert.NotNull(_scheduler.AnswerTo(kept));
    }

    private TaskKey HoldOnBoth()
    {
        var data = _scheduler.HoldData(_cut);
        _scheduler.AddReplica(_second, data);
        return data;
    }

    private TaskKey Read(TaskKey data) => _scheduler.Submit(new TestWork(), new TaskOptions { Workers = ["reader"] }, data);
}
