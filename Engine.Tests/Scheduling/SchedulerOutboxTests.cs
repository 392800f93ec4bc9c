using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.Machine;

namespace Engine.Tests.Scheduling;

public sealed class SchedulerOutboxTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_task_goes_out_before_what_frees_it_or_asks_it_back_however_much_that_is(bool asksBack)
    {
        var sink = new Sink();
        var outbox = new SchedulerOutbox(sink);
        var address = new WorkerAddress(new WorkerId(1), "test://1", "w");
        var worker = new WorkerState(0, address, 1, new Dictionary<string, double>());
        var key = new TaskKey(new ClientId(1), 0);

        outbox.Compute(worker).Add().Key = key;
        for (var i = 0; i < 3 * ComputeBatch.Capacity; i++)
        {
            var other = TaskKey.FromValue(key.Value + (ulong)i);
            if (asksBack)
            {
                outbox.Steal(worker, other, 1);
            }
            else
            {
                outbox.Free(worker, other, 1);
            }
        }

        outbox.Flush();

        Assert.Equal(key, Assert.IsType<ComputeBatch>(sink.Messages[0]).Entries[0].Key);
        Assert.Equal(4, sink.Messages.Count);
    }

    [Fact]
    public void A_client_gets_all_notices_of_a_step_in_order_however_many_there_are()
    {
        var sink = new Sink();
        var outbox = new SchedulerOutbox(sink);
        var client = new ClientState(new ClientId(1), "client");
        var keys = Enumerable.Range(0, (2 * KeyNotices.Capacity) + 1).Select(sequence => new TaskKey(client.Id, sequence)).ToList();

        foreach (var key in keys)
        {
            outbox.Notify(client, new KeyNotice { Key = key, Count = 1 });
        }

        outbox.Flush();

        Assert.Equal(keys, sink.Messages.Cast<KeyNotices>().SelectMany(static batch => batch.Span.ToArray()).Select(static notice => notice.Key));
    }

    [Fact]
    public void Each_step_is_told_in_the_order_of_its_own()
    {
        var sink = new Sink();
        var outbox = new SchedulerOutbox(sink);
        var (first, second) = (new ClientState(new ClientId(1), "first"), new ClientState(new ClientId(2), "second"));
        Tell(first, second);
        sink.Messages.Clear();

        Tell(second, first);

        Assert.Equal([2, 1], sink.Messages.Cast<Reply>().Select(static reply => reply.RequestId));

        void Tell(params ClientState[] clients)
        {
            foreach (var client in clients)
            {
                outbox.Send(client, new Reply(client.Id.Number, null, null));
            }

            outbox.Flush();
        }
    }

    [Fact]
    public void Plugins_are_told_of_transitions_only_if_there_were_any()
    {
        var sink = new Sink();
        var outbox = new SchedulerOutbox(sink);

        outbox.Flush();
        Assert.Equal(0, sink.Tellings);
        outbox.Transition(default);
        outbox.Flush();
        outbox.Flush();

        Assert.Equal(1, sink.Tellings);
    }

    private sealed class Sink : ISchedulerSink
    {
        public List<Message> Messages { get; } = [];

        /// <summary>How often plugins were told of transitions.</summary>
        public int Tellings { get; private set; }

        public void Send(WorkerState worker, Message message) => Messages.Add(message);

        public void Send(ClientState client, Message message) => Messages.Add(message);

        public void Send(NannyState nanny, Message message) => Messages.Add(message);

        public void Publish(ReadOnlySpan<Engine.Plugins.TaskTransition> transitions) => Tellings++;

        public void Publish(object happened)
        {
            // Plugins are no matter here.
        }
    }
}
