using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace Engine.Tests.TestKit;

/// <summary>Lets fake time go on as soon as a timer is set, as far as that timer: the one driver of a test's time.</summary>
internal sealed class ClockDriver : IAsyncDisposable
{
    private readonly Channel<TimeSpan> _set = Channel.CreateUnbounded<TimeSpan>();
    private readonly Task _driving;

    public ClockDriver(FakeTimeProvider time, WatchedTimeProvider timers)
    {
        timers.WhenSet = due => _set.Writer.TryWrite(due); // Only noted here: this is within the step of a component.
        _driving = DriveAsync(time);
    }

    public async ValueTask DisposeAsync()
    {
        _set.Writer.TryComplete();
        await _driving.Within("end of the clock's driver");
    }

    private async Task DriveAsync(FakeTimeProvider time)
    {
        await Task.Yield();
        time.Advance(TimeSpan.FromMilliseconds(10)); // For what was set before.
        while (await _set.Reader.WaitToReadAsync())
        {
            while (_set.Reader.TryRead(out var due))
            {
                time.Advance(due);
            }
        }
    }
}
