using Engine.Plugins.Transports;

namespace Engine.Protocol.Wire;

/// <summary>What can't leave a process, because it is an object with code of its own.</summary>
internal static class Crossing
{
    /// <summary>Why a message can't be sent to another process, or null if nothing is known against it. To be asked before it is sent.</summary>
    public static Exception? RefusalOf(Message message) => message switch
    {
        RegisterSchedulerPlugin { Plugin: var plugin } => new NotSupportedException(
            $"The scheduler plugin {plugin.Name} is an object of this process and the scheduler runs in another one. Give the plugin to the scheduler where it is started."),
        RegisterPolicy { Policy: var policy } => new NotSupportedException(
            $"The policy {policy.Name} is an object of this process and the scheduler runs in another one. Give the policy to the scheduler where it is started."),
        RetireRequest { Workers: var workers } => RefusalOf(workers),
        RestartWorkersRequest { Workers: var workers } => RefusalOf(workers),
        WorkersToCloseRequest { Rule: var rule } => RefusalOf(rule),
        _ => null,
    };

    private static NotSupportedException? RefusalOf(WorkerSelector selector) => selector switch
    {
        ToCloseSelector { Rule: var rule } => RefusalOf(rule),
        ConditionSelector => new NotSupportedException(
            "A condition is code of this process and the scheduler runs in another one. Choose among the workers of GetWorkersAsync, and name them with WorkerSelector.ById."),
        _ => null,
    };

    private static NotSupportedException? RefusalOf(WorkersToClose rule) => rule.GroupBy is null ? null : new NotSupportedException(
        "WorkersToClose.GroupBy is code of this process and the scheduler runs in another one. Group the workers of GetWorkersAsync here, and name them with WorkerSelector.ById.");
}
