namespace Engine;

/// <summary>Why a worker ends. What its nanny does then is decided by this alone.</summary>
/// <remarks>dask: the <c>reason</c> strings of <c>Worker.close</c>, which there decide nothing.</remarks>
public enum CloseReason
{
    /// <summary>It was retired: its data was moved and it was taken from the cluster.</summary>
    Retired,

    /// <summary>The scheduler told it to end.</summary>
    SchedulerRequest,

    /// <summary>The scheduler no longer knew it when it sent a heartbeat.</summary>
    Missing,

    /// <summary>It was not let in: its nanny or its host is on the ledger of departures.</summary>
    Refused,

    /// <summary>Its heartbeats failed by an unexpected error.</summary>
    HeartbeatFailed,

    /// <summary>Its program closed it.</summary>
    UserRequest,

    /// <summary>Its nanny was closed.</summary>
    NannyClosing,

    /// <summary>Its host stops.</summary>
    HostStopping,

    /// <summary>The scheduler closed.</summary>
    SchedulerClosed,

    /// <summary>Its connection to the scheduler broke. Whether the scheduler is gone for good its nanny finds out.</summary>
    SchedulerLost,

    /// <summary>It is to be replaced by a fresh one: a client, a plugin or the scheduler asked for it.</summary>
    Restart,

    /// <summary>Its lifetime is over and it is to be replaced.</summary>
    LifetimeRestart,

    /// <summary>Its lifetime is over.</summary>
    LifetimeOver,

    /// <summary>It was silent for longer than its time to live.</summary>
    Expired,

    /// <summary>Its memory passed the threshold at which its nanny ends it.</summary>
    MemoryLimit,

    /// <summary>It ended without a word: a crash, a kill, an exit code.</summary>
    Crashed,

    /// <summary>It found itself in a state that must not be.</summary>
    InternalError,

    /// <summary>It never came up.</summary>
    StartFailed,
}
