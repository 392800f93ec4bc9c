using Engine.Tests.TestKit;
using Engine.Tests.Workers;

namespace Engine.Tests.OverProcesses;

// The same tests, with workers that are processes.

[Collection("Processes")]
public sealed class FunctionTestsOverProcesses : FunctionTests
{
    public FunctionTestsOverProcesses() => ClusterKind.UseProcesses();
}

[Collection("Processes")]
public sealed class NestedTaskTestsOverProcesses : NestedTaskTests
{
    public NestedTaskTestsOverProcesses() => ClusterKind.UseProcesses();
}

[Collection("Processes")]
public sealed class SlotTestsOverProcesses : SlotTests
{
    public SlotTestsOverProcesses() => ClusterKind.UseProcesses();
}

[Collection("Processes")]
public sealed class TaskContextTestsOverProcesses : TaskContextTests
{
    public TaskContextTestsOverProcesses() => ClusterKind.UseProcesses();

    [Fact(Skip = "Services are objects of this process, and can't go to a worker process.")]
    public override Task The_context_has_the_services_of_the_cluster() =>
        throw new NotSupportedException();

    [Fact(Skip = "Services are objects of this process, and can't go to a worker process.")]
    public override Task A_worker_may_have_services_of_its_own() =>
        throw new NotSupportedException();

    [Fact(Skip = "It looks into the worker, which is in another process.")]
    public override Task A_function_that_begins_while_its_worker_closes_is_told_so() =>
        throw new NotSupportedException();

    [Fact(Skip = "It looks into the worker, which is in another process.")]
    public override Task A_function_whose_worker_has_closed_gets_no_client_for_more_work() =>
        throw new NotSupportedException();
}
