using static Engine.Scheduling.Machine.SchedulerTaskState;

namespace Engine.Scheduling.Machine;

/// <summary>Which state of a task may follow which. Dask's detours through Released are kept where a value or a recipe changes hands.</summary>
internal static class SchedulerTransitions
{
    private static readonly byte[] s_allowed = Build(
        (Forgotten, [Waiting]),
        (Released, [Waiting, Forgotten, Erred]),
        (Waiting, [NoWorker, Queued, Processing, Released, Erred]),
        (NoWorker, [Processing, Released, Erred, Waiting]),
        (Queued, [Processing, Released, Erred]),
        (Processing, [Memory, Released, Waiting, Erred, Processing]),
        (Memory, [Released]),
        (Erred, [Released]));

    public static bool IsAllowed(SchedulerTaskState start, SchedulerTaskState finish) =>
        (s_allowed[(int)start] >> (int)finish & 1) != 0;

    private static byte[] Build(params (SchedulerTaskState Start, SchedulerTaskState[] Finish)[] rows)
    {
        var allowed = new byte[rows.Length];
        foreach (var (start, finishes) in rows)
        {
            foreach (var finish in finishes)
            {
                allowed[(int)start] |= (byte)(1 << (int)finish);
            }
        }

        return allowed;
    }
}
