using Engine.Nannies.Machine;
using Engine.Plugins;

namespace Engine.Nannies.Processes;

/// <summary>How a worker process ends, for whoever started it: a nanny, or a program such as systemd.</summary>
internal enum WorkerExitCode
{
    /// <summary>It ended as it was asked to, or because it is no longer wanted. It is not to be started again.</summary>
    Ended = 0,

    /// <summary>It failed, did not come up, or is to be replaced. It may be started again.</summary>
    Failed = 1,

    /// <summary>It was not told what it is to do, or can't do it. Starting it again changes nothing.</summary>
    BadUsage = 2,

    /// <summary>The scheduler did not let it in, because its nanny or its host is retired. It is not to be started again.</summary>
    Refused = 3,
}

/// <summary>Which exit code a reason has.</summary>
internal static class WorkerExitCodes
{
    /// <summary>The exit code of a worker that ended for a reason; what it asks for is what a nanny would do.</summary>
    public static WorkerExitCode Of(CloseReason reason) =>
        reason == CloseReason.Refused ? WorkerExitCode.Refused
        : CloseTable.ActionOf(reason) == NannyAction.CloseTogether ? WorkerExitCode.Ended
        : WorkerExitCode.Failed;
}
