using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling.Membership;

/// <summary>Clients come and go.</summary>
public sealed class ClientTests
{
    private readonly SchedulerFixture _scheduler = new();

    [Fact]
    public void Plugins_are_told_once_that_a_client_has_come_and_once_that_it_has_gone()
    {
        var client = _scheduler.AddClient();
        _scheduler.RemoveClient(client);
        _scheduler.RemoveClient(client);

        Assert.Equal([new ClientAdded(client.Id), new ClientRemoved(client.Id)], _scheduler.Sent.Happened);
    }

    [Fact]
    public void A_client_that_has_gone_is_not_told_of_workers_that_it_waited_for_and_those_that_are_there_are()
    {
        var other = _scheduler.AddClient();
        var gone = _scheduler.AskLater(new WaitForWorkersRequest(1), other);
        var there = _scheduler.AskLater(new WaitForWorkersRequest(1));

        _scheduler.RemoveClient(other);
        _scheduler.AddWorker();

        Assert.Null(_scheduler.AnswerTo(gone));
        Assert.NotNull(_scheduler.AnswerTo(there));
    }

    [Fact]
    public void A_client_that_no_longer_waits_for_workers_is_answered_what_else_it_asked()
    {
        var other = _scheduler.AddClient();
        var (given, kept) = (_scheduler.AskLater(new WaitForWorkersRequest(1)), _scheduler.AskLater(new WaitForWorkersRequest(1)));
        var others = _scheduler.AskLater(new WaitForWorkersRequest(1), other);

        _scheduler.Handle(_scheduler.Client, new AbandonRequest(given));
        _scheduler.Handle(other, new AbandonRequest(kept)); // Another client's question: its numbers are its own.
        _scheduler.AddWorker();

        Assert.Null(_scheduler.AnswerTo(given));
        Assert.NotNull(_scheduler.AnswerTo(kept));
        Assert.NotNull(_scheduler.AnswerTo(others));
    }

    [Fact]
    public void A_client_that_has_gone_waits_for_no_copies_and_those_that_are_there_do()
    {
        var other = _scheduler.AddClient();
        var (first, _) = (_scheduler.AddWorker(), _scheduler.AddWorker());
        var data = _scheduler.HoldData(first);
        var gone = _scheduler.AskLater(new ReplicateRequest([data], 2), other);
        var there = _scheduler.AskLater(new ReplicateRequest([data], 2));

        _scheduler.RemoveClient(other);
        _scheduler.MakeCopies();

        Assert.Null(_scheduler.AnswerTo(gone));
        Assert.NotNull(_scheduler.AnswerTo(there));
    }
}
