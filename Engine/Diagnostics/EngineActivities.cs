using System.Diagnostics;
using Engine.Protocol;
using Engine.Workers.Machine;

namespace Engine.Diagnostics;

/// <summary>The engine's activities: tasks that run, retirements, and changes of a cluster's size. Nothing is made while nobody listens.</summary>
internal static class EngineActivities
{
    private static readonly ActivitySource s_source = new(EngineTelemetry.SourceName, EngineTelemetry.Version);

    /// <summary>Whether somebody listens. Costs a look at a field.</summary>
    public static bool HasListeners => s_source.HasListeners();

    /// <summary>A function begins to run. What it starts itself is within this activity; whoever submitted it isn't known here.</summary>
    public static Activity? StartTask(WorkerTask task, WorkerAddress worker)
    {
        var prefix = task.Work!.Function.Name;
        var activity = s_source.StartActivity("engine.task");
        if (activity is { IsAllDataRequested: true })
        {
            activity.DisplayName = prefix;
            activity.SetTag(Tags.TaskPrefix, prefix)
                .SetTag("engine.task.key", task.Key.ToString())
                .SetTag("engine.task.count", task.Count)
                .SetTag("engine.task.attempt", task.Attempt)
                .SetTag("engine.worker.id", worker.Id.Number)
                .SetTag("engine.worker.name", worker.Name);
        }

        return activity;
    }

    /// <summary>Something was thrown within an activity.</summary>
    public static void Fail(Activity? activity, Exception error) => activity?.AddException(error).SetStatus(ActivityStatusCode.Error, error.Message);

    /// <summary>The retirement of a worker has ended.</summary>
    public static void Retired(RetirementRow row, TimeProvider time) => Tell("engine.retirement", time, row.Duration, row, static (activity, row) =>
    {
        activity.SetTag("engine.worker.id", row.Id.Number)
            .SetTag("engine.worker.name", row.Name)
            .SetTag(Tags.Outcome, row.Outcome.ToString())
            .SetTag("engine.retirement.moved", row.MovedCount)
            .SetTag("engine.retirement.moved.bytes", row.MovedBytes)
            .SetTag("engine.retirement.waited_for", row.WaitedForCount)
            .SetTag("engine.retirement.recalled", row.RecalledCount)
            .SetTag("engine.retirement.interrupted", row.Interrupted.Count)
            .SetTag("engine.retirement.lost", row.Lost.Count)
            .SetTag("engine.retirement.recomputed", row.Recomputed.Count);
        AddRefusal(activity, row);
    });

    /// <summary>Somebody changes the size of a cluster by hand; it is within what they do.</summary>
    public static Activity? StartScaling() => s_source.StartActivity("engine.scale");

    /// <summary>What came of a change of the size.</summary>
    public static void Describe(Activity? activity, ScaleReport report)
    {
        if (activity is not { IsAllDataRequested: true })
        {
            return;
        }

        activity.SetTag("engine.scale.requested", report.Requested)
            .SetTag("engine.scale.planned", report.Planned)
            .SetTag("engine.scale.outcome", report.Outcome.ToString())
            .SetTag("engine.scale.retired", report.Retirement.Rows.Count(static row => row.Outcome == RetirementOutcome.Retired));
        foreach (var row in report.Retirement.Rows)
        {
            AddRefusal(activity, row);
        }
    }

    /// <summary>Adaptive scaling has decided on another size.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="duration">How long it took.</param>
    /// <param name="requested">Workers that it wants.</param>
    /// <param name="planned">Workers that the cluster wanted before.</param>
    public static void Adapted(TimeProvider time, TimeSpan duration, int requested, int planned) => Tell(
        "engine.adapt", time, duration, (requested, planned), static (activity, size) => activity
            .SetTag("engine.scale.requested", size.requested)
            .SetTag("engine.scale.planned", size.planned));

    private static void AddRefusal(Activity activity, RetirementRow row)
    {
        if (row.Outcome == RetirementOutcome.Refused)
        {
            activity.AddEvent(new ActivityEvent("refused", tags: new ActivityTagsCollection
            {
                ["engine.worker.id"] = row.Id.Number,
                ["engine.worker.name"] = row.Name,
                [Tags.Refusal] = row.Refusal.ToString(),
                ["engine.retirement.detail"] = row.Detail,
            }));
        }
    }

    /// <summary>Tells of something that is over and was within nobody's doing: a root, because a loop has the flow of control of whoever started it.</summary>
    private static void Tell<T>(string name, TimeProvider time, TimeSpan duration, T state, Action<Activity, T> describe)
    {
        if (!HasListeners)
        {
            return;
        }

        var end = time.GetUtcNow();
        var around = Activity.Current;
        Activity.Current = null;
        try
        {
            using var activity = s_source.StartActivity(ActivityKind.Internal, startTime: end - duration, name: name);
            if (activity is { IsAllDataRequested: true })
            {
                describe(activity, state);
            }

            activity?.SetEndTime(end.UtcDateTime);
        }
        finally
        {
            Activity.Current = around;
        }
    }
}
