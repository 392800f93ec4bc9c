using Engine.Clients;
using Engine.Collections;
using Engine.Protocol;

namespace Engine;

/// <content>Futures are given up.</content>
public sealed partial class Client
{
    /// <summary>Gives many futures up at once.</summary>
    /// <param name="futures">The futures; not null, and of this client.</param>
    public void Release(IEnumerable<Future> futures)
    {
        ArgumentNullException.ThrowIfNull(futures);
        var list = futures as Future[] ?? [.. futures];
        foreach (var future in list)
        {
            ArgumentNullException.ThrowIfNull(future, nameof(futures));
            CheckOwn(future.Client, future.Key);
        }

        lock (_gate)
        {
            foreach (var future in list)
            {
                ReleaseLocked(future.Key, future.Lease);
            }
        }

        Flush();
        TellDue();
    }

    /// <summary>Gives all futures of a map up.</summary>
    /// <typeparam name="T">The type of the values.</typeparam>
    /// <param name="map">The map; not null.</param>
    public void Release<T>(FutureMap<T> map)
    {
        ArgumentNullException.ThrowIfNull(map);
        map.Dispose();
    }

    internal void ReleaseKey(TaskKey key, FutureLease lease)
    {
        bool isDue;
        bool schedule;
        lock (_gate)
        {
            var isSent = ReleaseLocked(key, lease);
            isDue = isSent && _releaseGathering.IsDue(_openReleases!.Count);
            if (isDue)
            {
                SealOpen();
            }

            schedule = isSent && !isDue && ScheduleFlush();
        }

        SendOrSchedule(isDue, schedule);
        TellDue();
    }

    internal void ReleaseKeys(TaskKey first, int count)
    {
        lock (_gate)
        {
            for (var i = 0; i < count; i++)
            {
                ReleaseLocked(TaskKey.FromValue(first.Value + (ulong)i), lease: null);
            }
        }

        Flush();
        TellDue();
    }

    /// <summary>Called by the finalizer: nobody has a future of these keys any longer.</summary>
    internal void ReleaseDropped(FutureLease lease)
    {
        lock (_gate)
        {
            if (_end is not null)
            {
                return;
            }

            var isSent = false;
            for (var i = 0; i < lease.Count; i++)
            {
                isSent |= ReleaseLocked(TaskKey.FromValue(lease.First.Value + (ulong)i), lease);
            }

            if (!isSent)
            {
                return; // Its futures were disposed.
            }
        }

        StartFlush(); // Not on the finalizer's thread.
    }

    private bool ReleaseLocked(TaskKey key, FutureLease? lease)
    {
        if (lease is { IsFound: true })
        {
            if (lease.IsReleased)
            {
                return false;
            }

            lease.IsReleased = true;
            return ReleaseFoundLocked(key);
        }

        return _machine.Release(key) && SendReleaseLocked(key);
    }

    private bool ReleaseFoundLocked(TaskKey key) => _machine.ReleaseFound(key) && SendReleaseLocked(key);

    private bool SendReleaseLocked(TaskKey key)
    {
        if (_end is not null)
        {
            return false;
        }

        foreach (var releasedMeanwhile in _takes.Values)
        {
            releasedMeanwhile.Add(key);
        }

        if (_openReleases is { Count: > 0 } open)
        {
            ref var last = ref open.Entries[open.Count - 1];
            if (last.First.Value + (ulong)last.Count == key.Value && last.Count < KeyRange.CountMax)
            {
                last.Count++;
                return true;
            }

            if (open.IsFull)
            {
                SealOpen();
            }
        }

        (_openReleases ??= BatchPool<ReleaseKeys>.Get()).Add(new KeyRange { First = key, Count = 1 });
        return true;
    }
}
