using System.Diagnostics;
using Engine.Diagnostics;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling;
using Engine.Tests.TestKit;

namespace Engine.Tests.Diagnostics;

/// <summary>While nobody listens telemetry costs nothing: no activity, no look at the clock, no allocation.</summary>
[Collection(nameof(ActivityListeners))]
public sealed class QuietTelemetryTests
{
    [Fact]
    public async Task A_function_runs_within_no_activity()
    {
        await using var executor = new ExecutorFixture();
        executor.Run(static () => Activity.Current is null ? 0 : 1);
        Assert.Equal(0, await executor.NextResultAsync());

        using var activities = new RecordedActivities();
        executor.Run(static () => Activity.Current is null ? 0 : 1);
        Assert.Equal(1, await executor.NextResultAsync());
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1 + (2 * 3) + 2)] // Before and after each message, and before and after what is settled.
    public void A_scheduler_looks_at_the_clock_once_for_a_turn_of_three_messages_unless_somebody_listens(bool listens, int looks)
    {
        using var measured = new Measurements(listens);
        var (scheduler, time) = MakeScheduler(measured);
        PostThree(scheduler);
        var before = time.Looks;

        Assert.True(scheduler.TakeTurn());

        Assert.Equal(looks, time.Looks - before);
    }

    [Fact]
    public void A_turn_of_a_scheduler_allocates_nothing()
    {
        using var measured = new Measurements(listens: false);
        var (scheduler, _) = MakeScheduler(measured);
        PostThree(scheduler);
        scheduler.TakeTurn(); // What it has for ever is made now.
        PostThree(scheduler);
        var before = GC.GetAllocatedBytesForCurrentThread();

        scheduler.TakeTurn();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Instruments_and_activities_allocate_nothing()
    {
        using var measured = new Measurements(listens: false);
        var meter = EngineMeter.Of(measured);
        var reply = new DataReply(1, [new DataEntry { Found = true, NBytes = 8 }]);
        var row = new RetirementRow(new WorkerId(1), "a", "inproc://a");
        Use(); // What they have for ever is made now.
        var before = GC.GetAllocatedBytesForCurrentThread();

        Use();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.False(meter.Worker.WantsDurations);

        void Use()
        {
            meter.Worker.Sent(reply);
            meter.Worker.Received(reply);
            meter.Components.Closed("worker", DisconnectKind.Closed);
            meter.Scheduler.Joined();
            meter.Scheduler.Retired(row);
            EngineActivities.Retired(row, TimeProvider.System);
            EngineActivities.Adapted(TimeProvider.System, TimeSpan.Zero, requested: 1, planned: 2);
            EngineActivities.StartScaling()?.Dispose();
        }
    }

    private static (Scheduler Scheduler, CountingTime Time) MakeScheduler(Measurements measured)
    {
        var time = new CountingTime();
        return (new Scheduler(new SchedulerOptions(), new InProcTransport(), time, meter: EngineMeter.Of(measured)), time);
    }

    private static void PostThree(Scheduler scheduler)
    {
        for (var i = 0; i < 3; i++)
        {
            scheduler.Inbox.Post(Note.Instance);
        }
    }

    /// <summary>A message that a scheduler doesn't know and does nothing about.</summary>
    private sealed class Note : Message
    {
        public static readonly Note Instance = new();
    }

    private sealed class CountingTime : TimeProvider
    {
        public int Looks { get; private set; }

        public override long GetTimestamp()
        {
            Looks++;
            return base.GetTimestamp();
        }
    }
}
