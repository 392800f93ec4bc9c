using Engine.Protocol;
using Engine.Tests.Simulation.Components;

namespace Engine.Tests.Simulation.Invariants;

/// <summary>What a nanny does when its worker has ended (I1, I10). The table of closing is written down once more here, so that a wrong row of the engine's is noticed.</summary>
internal sealed class NannyInvariants(World world)
{
    private readonly Dictionary<SimNanny, Life> _lives = [];

    /// <summary>After such an end nothing follows: the nanny ends too.</summary>
    public static bool IsFinal(CloseReason reason) => reason
        is CloseReason.Retired or CloseReason.SchedulerRequest or CloseReason.Missing or CloseReason.Refused or CloseReason.HeartbeatFailed
        or CloseReason.UserRequest or CloseReason.NannyClosing or CloseReason.HostStopping or CloseReason.SchedulerClosed or CloseReason.LifetimeOver;

    /// <summary>Such an end was announced, and blames no task.</summary>
    public static bool IsAnnounced(CloseReason reason) => reason
        is not (CloseReason.SchedulerLost or CloseReason.Expired or CloseReason.MemoryLimit or CloseReason.Crashed or CloseReason.InternalError);

    /// <summary>It hears what the scheduler intends with its worker.</summary>
    public void Told(SimNanny nanny, TellNanny told) => LifeOf(nanny).Intents[told.Worker] = told.Intent;

    /// <summary>Its connection to the scheduler has begun, is good, or has ended.</summary>
    public void Connected(SimNanny nanny, bool isRegistered)
    {
        var life = LifeOf(nanny);
        life.HasGivenUp |= nanny.Machine.Status == Status.Closing && IsGoneForLong(life); // Too late, if it is good again.
        life.LostAt = isRegistered ? null : life.LostAt ?? world.Now;
    }

    /// <summary>Its worker says that it ends.</summary>
    public void Announced(SimNanny nanny, CloseReason reason) => LifeOf(nanny).Announced ??= reason;

    /// <summary>It is about to hear that its worker has ended.</summary>
    public void Ended(SimNanny nanny, CloseReason reason, bool wasKilled)
    {
        var life = LifeOf(nanny);
        life.Reason = reason == CloseReason.Crashed && !wasKilled && life.Announced is { } announced ? announced : reason;
        life.Intent = life.Intents.GetValueOrDefault(nanny.Machine.Worker, NannyIntent.Run);
        life.WasKilled = wasKilled;
        life.EndedAt = world.Now;
        life.Restarts.RemoveAll(time => time + world.Settings.Nanny.RestartWindow <= world.Now);
    }

    /// <summary>I1: no successor of a worker that ended for good, and none at once, or again and again, of one that keeps ending by itself.</summary>
    public void Starts(SimNanny nanny)
    {
        var life = LifeOf(nanny);
        Watch.Require("I1", life.LostAt is null, $"{nanny.Name} starts no worker while there is no scheduler");
        if (life.Reason is { } reason)
        {
            Watch.Require("I1", life.Intent != NannyIntent.Retire, $"{nanny.Name} starts no successor of a worker that is retired");
            Watch.Require("I1", !IsFinal(reason) || life.WasKilled || life.Intent == NannyIntent.Restart, $"{nanny.Name} starts no successor of a worker that ended by {reason}");
            Watch.Require("I1", reason != CloseReason.StartFailed, $"{nanny.Name} doesn't try again what could not be started");
            if (!IsAnnounced(reason) && life.Intent != NannyIntent.Restart)
            {
                var count = life.Restarts.Count;
                Watch.Require("I1", count < world.Settings.Nanny.RestartsMax, $"{nanny.Name} gives up after {count} restarts");
                Watch.Require(
                    "I1", count == 0 || world.Now - life.EndedAt >= world.Settings.Nanny.BackOff, $"{nanny.Name} waits before it starts a successor once more, after {count} restarts");
                life.Restarts.Add(life.EndedAt);
            }
        }

        (life.Reason, life.Announced) = (null, null);
        life.Intents.Clear();
    }

    /// <summary>It ends only if that was asked for, if its worker ended for good, or if the scheduler has been gone for long.</summary>
    public void Ends(SimNanny nanny, Status status, CloseReason reason)
    {
        var life = LifeOf(nanny);
        Watch.Require(
            "I1",
            status != Status.Closed || IsFinal(reason) || (reason == CloseReason.SchedulerLost && (life.HasGivenUp || IsGoneForLong(life))),
            $"{nanny.Name} lives on and starts a successor after {reason}");
        _lives.Remove(nanny);
    }

    /// <summary>It is killed, and does nothing any more.</summary>
    public void Dies(SimNanny nanny) => _lives.Remove(nanny);

    private bool IsGoneForLong(Life life) => life.LostAt is { } since && world.Now - since >= world.Settings.Nanny.DeathTimeout;

    private Life LifeOf(SimNanny nanny)
    {
        if (!_lives.TryGetValue(nanny, out var life))
        {
            _lives.Add(nanny, life = new Life { LostAt = world.Now });
        }

        return life;
    }

    private sealed class Life
    {
        public Dictionary<WorkerId, NannyIntent> Intents { get; } = [];

        public List<TimeSpan> Restarts { get; } = [];

        /// <summary>Since when it has no scheduler; null: it has one.</summary>
        public TimeSpan? LostAt { get; set; }

        /// <summary>Whether it was ending already, because the scheduler had been gone for long, when it was there again.</summary>
        public bool HasGivenUp { get; set; }

        public CloseReason? Announced { get; set; }

        /// <summary>Why its last worker ended; null: none has.</summary>
        public CloseReason? Reason { get; set; }

        public NannyIntent Intent { get; set; }

        public bool WasKilled { get; set; }

        public TimeSpan EndedAt { get; set; }
    }
}
