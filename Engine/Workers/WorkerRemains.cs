using Engine.Workers.Execution;
using Engine.Workers.Machine;
using Engine.Workers.Memory;

namespace Engine.Workers;

/// <summary>What is left of a worker whose connection to the scheduler broke, for its next incarnation.</summary>
/// <param name="Worker">The worker. It serves peers until it is let go (<see cref="Worker.LetGo"/>), and does nothing else.</param>
/// <param name="Machine">The values that it held.</param>
/// <param name="Executor">Functions of it may still run, and take slots.</param>
/// <param name="Spills">Its store.</param>
internal sealed record WorkerRemains(Worker Worker, MachineRemains Machine, TaskExecutor Executor, SpillRunner Spills)
{
    public WorkerId Id { get; } = Worker.Self.Id;

    public IReadOnlyList<TaskKey> Offer { get; } = [.. Machine.Values.Select(static held => held.Key)];
}
