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

    private sealed class Sink : ISchedulerSink
    {
        public List<Message> Messages { get; } = [];

        public void Send(WorkerState worker, Message message) => Messages.Add(message);

        public void Send(ClientState client, Message message) => Messages.Add(message);

        public void Send(NannyState nanny, Message message) => Messages.Add(message);

        public void Publish(ReadOnlySpan<Engine.Plugins.TaskTransition> transitions)
        {
            // Not looked at.
        }

        public void Publish(object happened)
        {
            // Plugins are no matter here.
        }
    }
}
