using static Engine.Scheduling.Machine.SchedulerTaskState;

namespace Engine.Scheduling.Machine;

/// <summary>Which state of a task may follow which. Dask's detours through Released are kept where a value or a recipe changes hands.</summary>
internal static class SchedulerTransitions
{
    private const byte ToForgotten = 1 << (int)Forgotten;
    private const byte ToReleased = 1 << (int)Released;
    private const byte ToWaiting = 1 << (int)Waiting;
    private const byte ToNoWorker = 1 << (int)NoWorker;
    private const byte ToQueued = 1 << (int)Queued;
    private const byte ToProcessing = 1 << (int)Processing;
    private const byte ToMemory = 1 << (int)Memory;
    private const byte ToErred = 1 << (int)Erred;

    /// <summary>By the state that is left. Constants: the table lies in the assembly, and nothing builds it.</summary>
    private static ReadOnlySpan<byte> Allowed =>
    [
        /* Forgotten */ ToWaiting,
        /* Released */ ToWaiting | ToForgotten | ToErred,
        /* Waiting */ ToNoWorker | ToQueued | ToProcessing | ToReleased | ToErred,
        /* NoWorker */ ToProcessing | ToReleased | ToErred | ToWaiting,
        /* Queued */ ToProcessing | ToReleased | ToErred,
        /* Processing */ ToMemory | ToReleased | ToWaiting | ToErred | ToProcessing,
        /* Memory */ ToReleased,
        /* Erred */ ToReleased,
    ];

    public static bool IsAllowed(SchedulerTaskState start, SchedulerTaskState finish) => (Allowed[(int)start] >> (int)finish & 1) != 0;
}
