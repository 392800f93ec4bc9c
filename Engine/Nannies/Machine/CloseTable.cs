using Engine.Plugins;

namespace Engine.Nannies.Machine;

/// <summary>
/// What a worker's end means: to its nanny, to the tasks that it had, to who else wants to end it. Nothing else in the
/// engine decides any of this: a restart is something that a nanny is told, never something that a worker does to itself.
/// </summary>
/// <remarks>
/// The first column is the cure of dask/distributed 8522: a worker that is missing ends together with its nanny, always,
/// so that no successor comes up on a host that is about to go (I1).
/// </remarks>
internal static class CloseTable
{
    /// <summary>What the nanny does when its worker has ended for a reason.</summary>
    public static NannyAction ActionOf(CloseReason reason) => Row(reason).Action;

    /// <summary>Whether the end counts as announced: it blames no task (I10).</summary>
    public static bool IsExpected(CloseReason reason) => Row(reason).IsExpected;

    /// <summary>Which of two reasons for one end decides: the stronger one. A kill is stronger than a close, a close than a restart.</summary>
    public static int StrengthOf(CloseReason reason) => Row(reason).Strength;

    // Guard I1: what an end means for the nanny, and whom it blames, is decided by its reason alone.
    private static (NannyAction Action, bool IsExpected, int Strength) Row(CloseReason reason) => reason switch
    {
        CloseReason.Retired => (NannyAction.CloseTogether, true, 2),
        CloseReason.SchedulerRequest => (NannyAction.CloseTogether, true, 2),
        CloseReason.Missing => (NannyAction.CloseTogether, true, 2),
        CloseReason.Refused => (NannyAction.CloseTogether, true, 2),
        CloseReason.HeartbeatFailed => (NannyAction.CloseTogether, true, 2),
        CloseReason.UserRequest => (NannyAction.CloseTogether, true, 2),
        CloseReason.NannyClosing => (NannyAction.CloseTogether, true, 2),
        CloseReason.HostStopping => (NannyAction.CloseTogether, true, 2),
        CloseReason.SchedulerClosed => (NannyAction.CloseTogether, true, 2),
        CloseReason.LifetimeOver => (NannyAction.CloseTogether, true, 2),
        CloseReason.SchedulerLost => (NannyAction.Restart, false, 1),
        CloseReason.Restart => (NannyAction.Restart, true, 1),
        CloseReason.LifetimeRestart => (NannyAction.Restart, true, 1),
        CloseReason.Expired => (NannyAction.Restart, false, 3),
        CloseReason.MemoryLimit => (NannyAction.Restart, false, 3),
        CloseReason.Crashed => (NannyAction.Restart, false, 0),
        CloseReason.InternalError => (NannyAction.Restart, false, 3),
        CloseReason.StartFailed => (NannyAction.Fail, true, 3),
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "Every reason has a row in the table of closing."),
    };
}
