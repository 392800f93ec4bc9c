using Engine.Workers;

namespace Engine.Tests.Workers;

public sealed class HeartbeatTimerRaceTests
{
    [Fact]
    public void A_beat_that_is_due_before_the_timer_is_known_breaks_nothing()
    {
        var beats = 0;
        using var timer = new HeartbeatTimer(new ImpatientTimeProvider(), TimeSpan.FromMilliseconds(5), _ => beats++, TaskScheduler.Default);
        Assert.Equal(1, beats);
    }

    /// <summary>A clock whose timers are due before the thread that sets them goes on, as on a machine that is busy.</summary>
    private sealed class ImpatientTimeProvider : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new ImpatientTimer(() => callback(state));
            timer.Change(dueTime, period);
            return timer;
        }
    }

    private sealed class ImpatientTimer(Action callback) : ITimer
    {
        private bool _hasFired;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime != Timeout.InfiniteTimeSpan && !_hasFired)
            {
                _hasFired = true;
                callback();
            }

            return true;
        }

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
