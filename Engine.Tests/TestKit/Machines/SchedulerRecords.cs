using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tasks;

namespace Engine.Tests.TestKit.Machines;

/// <summary>An entry of a ComputeBatch, copied.</summary>
internal sealed record SentTask(WorkerState Worker, TaskKey Key, int Count, int Attempt, int Element, long Order, DependencyHolder[] Dependencies)
{
    public required TaskWork Work { get; init; }

    public TaskOptions? Options { get; init; }
}

/// <summary>A key and an attempt that a worker was told of: to free it, or to give it back.</summary>
internal sealed record SentAttempt(WorkerState Worker, TaskKey Key, int Attempt);

/// <summary>A value that a worker was told to copy.</summary>
internal sealed record SentAcquire(WorkerState Worker, TaskKey Key, WorkerAddress Holder)
{
    public long Number { get; init; }

    // What tests compare.
    public bool Equals(SentAcquire? other) => other is not null && (Worker, Key, Holder) == (other.Worker, other.Key, other.Holder);

    public override int GetHashCode() => HashCode.Combine(Worker, Key, Holder);
}

/// <summary>An entry of KeyNotices, copied.</summary>
internal sealed record SentNotice(ClientState Client, TaskKey Key, int Count, FutureStatus Status, bool HasValue, object?[] Values, TaskError? Error);

/// <summary>Copies what a scheduler sends into lists, because batches are pooled.</summary>
internal sealed class RecordingSchedulerSink : ISchedulerSink
{
    public List<SentTask> Computes { get; } = [];

    public List<SentAttempt> Frees { get; } = [];

    public List<SentAttempt> Steals { get; } = [];

    public List<SentAcquire> Acquires { get; } = [];

    public List<SentAttempt> Interrupts { get; } = [];

    /// <summary>What workers were sent beside batches of work, in order.</summary>
    public List<(WorkerState Worker, Message Message)> Told { get; } = [];

    /// <summary>What nannies were sent, in order.</summary>
    public List<(NannyState Nanny, TellNanny Message)> Nannies { get; } = [];

    /// <summary>What plugins would be told, in order.</summary>
    public List<object> Happened { get; } = [];

    /// <summary>Who was sent what, of all kinds, in order.</summary>
    public List<string> Order { get; } = [];

    public List<SentNotice> Notices { get; } = [];

    public List<Reply> Replies { get; } = [];

    public List<TopicEvent> Events { get; } = [];

    /// <summary>The last attempt of each key that was sent, and to whom.</summary>
    public Dictionary<TaskKey, (WorkerState Worker, int Attempt)> Latest { get; } = [];

    /// <summary>Called with what clients are sent, as it is sent.</summary>
    public Action<ClientState, Message>? Sending { get; set; }

    /// <summary>Called with what plugins are told, as they are told.</summary>
    public Action<object>? Publishing { get; set; }

    /// <summary>Forgets what was sent, but not the attempts.</summary>
    public void Clear()
    {
        Computes.Clear();
        Frees.Clear();
        Steals.Clear();
        Acquires.Clear();
        Interrupts.Clear();
        Told.Clear();
        Nannies.Clear();
        Happened.Clear();
        Order.Clear();
        Notices.Clear();
        Events.Clear();
    }

    public void Publish(ReadOnlySpan<Engine.Plugins.TaskTransition> transitions)
    {
        // Not looked at.
    }

    public void Publish(object happened)
    {
        Publishing?.Invoke(happened);
        Happened.Add(happened);
        Order.Add($"plugins: {happened.GetType().Name}");
    }

    public void Send(NannyState nanny, Message message)
    {
        Order.Add($"{nanny.Name}: {message.GetType().Name}");
        if (message is TellNanny tell)
        {
            Nannies.Add((nanny, tell));
        }
    }

    public void Send(WorkerState worker, Message message)
    {
        Order.Add($"{worker.Address.Name}: {message.GetType().Name}");
        switch (message)
        {
            case ComputeBatch batch:
                Record(worker, batch);
                break;
            case FreeKeys batch:
                Frees.AddRange(batch.Span.ToArray().Select(entry => new SentAttempt(worker, entry.Key, entry.Attempt)));
                break;
            case StealRequest batch:
                Steals.AddRange(batch.Span.ToArray().Select(entry => new SentAttempt(worker, entry.Key, entry.Attempt)));
                break;
            case AcquireReplicas batch:
                Acquires.AddRange(batch.Span.ToArray().Select(entry => new SentAcquire(worker, entry.Key, entry.Holder) { Number = entry.Number }));
                break;
            case InterruptTasks batch:
                Interrupts.AddRange(batch.Span.ToArray().Select(entry => new SentAttempt(worker, entry.Key, entry.Attempt)));
                break;
            default:
                Told.Add((worker, message));
                break;
        }

        MessagePools.Return(message);
    }

    public void Send(ClientState client, Message message)
    {
        Sending?.Invoke(client, message);
        Order.Add($"{client.Name}: {message.GetType().Name}");
        switch (message)
        {
            case KeyNotices batch:
                Notices.AddRange(batch.Span.ToArray().Select(notice => Copy(client, notice)));
                break;
            case Reply reply:
                Replies.Add(reply);
                break;
            case TopicEventMessage topicEvent:
                Events.Add(topicEvent.Event);
                break;
        }

        MessagePools.Return(message);
    }

    private static SentNotice Copy(ClientState client, KeyNotice notice)
    {
        object?[] values = notice switch
        {
            { HasValue: false } => [],
            { Values: { } several } => [.. several.Take(notice.Count).Select(static value => value.Boxed)],
            _ => [notice.Value.Boxed],
        };
        return new SentNotice(client, notice.Key, notice.Count, notice.Status, notice.HasValue, values, notice.Error);
    }

    private void Record(WorkerState worker, ComputeBatch batch)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            ref var task = ref batch.Entries[i];
            var dependencies = batch.Dependencies.AsSpan(task.DependencyOffset, task.DependencyCount).ToArray();
            Computes.Add(new SentTask(worker, task.Key, task.Count, task.Attempt, task.Element, task.Order, dependencies)
            {
                Work = task.Work,
                Options = task.Options,
            });
            for (var element = 0; element < task.Count; element++)
            {
                Latest[TaskKey.FromValue(task.Key.Value + (ulong)element)] = (worker, task.Attempt);
            }
        }
    }
}
