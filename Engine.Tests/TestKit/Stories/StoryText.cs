using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;

namespace Engine.Tests.TestKit.Stories;

/// <summary>Messages and events in a few words: their kind, and of what they say as much as a story needs.</summary>
internal static class StoryText
{
    public static string Of(Message message) => message switch
    {
        ComputeBatch batch => Of(batch, static task => Of(task.Key, task.Count) + (task.Attempt > 1 ? $" attempt {task.Attempt}" : string.Empty)),
        FinishedBatch batch => Of(batch, static task => Of(task.Key, task.Count)),
        FreeKeys or StealRequest or TasksReturned or InterruptTasks => Of((Batch<TaskAttempt>)message, static task => task.Key.ToString()),
        StealResponse batch => Of(batch, static answer => $"{answer.Key} {(answer.GivenUp ? "given up" : "kept")}"),
        AcquireReplicas batch => Of(batch, static copy => $"{copy.Key} from {copy.Holder.Id}"),
        ReplicasAdded batch => Of(batch, static copy => copy.Key.ToString()),
        KeyNotices batch => Of(batch, static notice => $"{Of(notice.Key, notice.Count)} {notice.Status}"),
        SubmitBatch batch => $"SubmitBatch({Of(batch.First, batch.Count)})",
        ReleaseKeys batch => Of(batch, static range => Of(range.First, range.Count)),
        GetData get => $"GetData({string.Join(", ", get.Keys)})",
        DataReply reply => $"DataReply({string.Join(", ", reply.Entries.Select(static entry => $"{entry.Key}{(entry.Found ? string.Empty : " is not there")}"))})",
        TaskErred erred => $"TaskErred({erred.Key})",
        InputMissing missing => $"InputMissing({missing.Key} needs {missing.Input})",
        DataMissing missing => $"DataMissing({missing.Key})",
        WorkerRegistered registered => $"WorkerRegistered({registered.Self.Id})",
        Goodbye goodbye => $"Goodbye({goodbye.Reason})",
        CloseWorker close => $"CloseWorker({close.Reason})",
        HeartbeatMissing missing => $"HeartbeatMissing({missing.Reason})",
        TellNanny told => $"TellNanny({told.Intent} {told.Worker}, {told.Reason})",
        WorkerExited exited => $"WorkerExited({exited.Worker}, {exited.Reason})",
        WorkersDeparted departed => $"WorkersDeparted({string.Join(", ", departed.Workers)})",
        StatusChanged changed => $"StatusChanged({changed.Status})",
        CancelRequest cancel => $"CancelRequest({string.Join(", ", cancel.Keys)})",
        Reply { Error: { } error } => $"Reply({error.GetType().Name})",
        Reply { Value: RetirementReport report } => $"Reply({string.Join("; ", report.Rows.Select(Of))})",
        _ => message.GetType().Name,
    };

    public static string Of(RetirementRow row) =>
        $"{row.Id} {row.Outcome}{(row.Outcome == RetirementOutcome.Refused ? $" ({row.Refusal})" : string.Empty)}: {row.MovedCount} moved, {row.WaitedForCount} waited for, "
        + $"{row.RecalledCount} recalled, {row.Interrupted.Count} interrupted, {row.Lost.Count} lost, {row.Recomputed.Count} to be computed again";

    public static string Of(WorkerRemoved removed) =>
        $"RemoveWorker({removed.Worker.Id}, {removed.Reason}, {(removed.IsExpected ? "expected" : "unexpected")}; processing: {Of(removed.Processing)}; "
        + $"moved: {Of(removed.Moved)}; lost: {Of(removed.Lost)}; to be computed again: {Of(removed.Recomputed)})";

    private static string Of(IReadOnlyList<TaskKey> keys) => keys.Count == 0 ? "none" : string.Join(", ", keys);

    private static string Of(TaskKey first, int count) => count == 1 ? first.ToString() : $"{first} and {count - 1} more";

    private static string Of<TEntry>(Batch<TEntry> batch, Func<TEntry, string> text)
        where TEntry : struct => $"{batch.GetType().Name}({string.Join(", ", batch.Span.ToArray().Select(text))})";
}
