using System.Diagnostics;
using System.Threading.Channels;

namespace Engine.Tests.TestKit;

/// <summary>Listens to the engine's activities: those of the whole process, so tests that do are in the collection <see cref="ActivityListeners"/>.</summary>
internal sealed class RecordedActivities : IDisposable
{
    private readonly Channel<Activity> _ended = Channel.CreateUnbounded<Activity>();
    private readonly List<Activity> _taken = [];
    private readonly ActivityListener _listener;

    public RecordedActivities()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == EngineTelemetry.SourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => _ended.Writer.TryWrite(activity),
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>Those that have ended.</summary>
    public IReadOnlyList<Activity> Ended
    {
        get
        {
            while (_ended.Reader.TryRead(out var activity))
            {
                _taken.Add(activity);
            }

            return _taken;
        }
    }

    /// <summary>The only one of a name that has ended.</summary>
    public Activity Single(string name) => Assert.Single(Ended, activity => activity.OperationName == name);

    /// <summary>Waits for the end of one.</summary>
    public async Task<Activity> NextAsync(string name)
    {
        while (true)
        {
            var activity = await _ended.Reader.ReadAsync().AsTask().Within($"end of an activity {name}");
            _taken.Add(activity);
            if (activity.OperationName == name)
            {
                return activity;
            }
        }
    }

    public void Dispose() => _listener.Dispose();
}

/// <summary>Tests that listen to activities, or see to it that nobody does, which is one thing for the whole process: they run alone.</summary>
[CollectionDefinition(nameof(ActivityListeners), DisableParallelization = true)]
public sealed class ActivityListeners;
