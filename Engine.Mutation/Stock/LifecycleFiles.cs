namespace Engine.Mutation.Stock;

/// <summary>Which files of the engine have which stock mutants.</summary>
internal static class LifecycleFiles
{
    /// <summary>The files that decide who comes, who goes, and what becomes of what he had: no stock mutant survives there without a reason.</summary>
    public static readonly string[] All =
    [
        "Engine/Clusters/Machine/AdaptiveStateMachine.cs",
        "Engine/Nannies/Machine/CloseTable.cs",
        "Engine/Nannies/Machine/NannyStateMachine.cs",
        "Engine/Nannies/Machine/NannyStateMachine.Worker.cs",
        "Engine/Scheduling/Machine/DepartureLedger.cs",
        "Engine/Scheduling/Machine/Retirement.cs",
        "Engine/Scheduling/Machine/SchedulerStateMachine.Leaving.cs",
        "Engine/Scheduling/Machine/SchedulerStateMachine.Liveness.cs",
        "Engine/Scheduling/Machine/SchedulerStateMachine.Membership.cs",
        "Engine/Scheduling/Machine/SchedulerStateMachine.Restart.cs",
        "Engine/Scheduling/Machine/SchedulerStateMachine.Retirement.cs",
        "Engine/Scheduling/Machine/SchedulerStateMachine.Selection.cs",
    ];

    /// <summary>The cores that have a score, by their folders.</summary>
    public static readonly string[] Cores = ["Clusters", "Nannies", "Scheduling", "Workers"];

    /// <summary>The core that a file belongs to; null: none that has a score.</summary>
    public static string? CoreOf(string file) => file.Split('/') is ["Engine", var core, .., "Machine", _] && Cores.Contains(core) ? core : null;
}
