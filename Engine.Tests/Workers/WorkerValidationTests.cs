using Engine.Collections;
using Engine.Protocol;
using Engine.Tests.TestKit.Machines;
using Engine.Workers.Machine;
using static Engine.Tests.TestKit.Machines.WorkerFixture;

namespace Engine.Tests.Workers;

/// <summary>A worker's machine derives its indexes again where it is told to, which costs too much elsewhere.</summary>
public sealed class WorkerValidationTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_machine_compares_its_indexes_after_each_step_if_it_is_to(bool validate)
    {
        var worker = new WorkerFixture();
        var outbox = new WorkerOutbox(worker);
        var machine = new WorkerStateMachine(new WorkerSettings { Validate = validate }, outbox);
        var batch = new ComputeBatch();
        batch.Add(new ComputeTask { Key = Key(1), Count = 1, Attempt = 1, Work = new TestWork() });
        machine.Handle(batch);
        machine.Settle();
        outbox.Flush();
        worker.TaskOf(Key(1)).IsAbandoned = true; // Which is not to be while its row knows it.

        Assert.Equal(validate, Record.Exception(machine.Settle) is InvariantViolationException);
    }
}
