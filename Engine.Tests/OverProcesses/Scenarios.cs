using Engine.Tests.Scenarios;
using Engine.Tests.TestKit;

namespace Engine.Tests.OverProcesses;

// The same tests, with workers that are processes.

[Collection("Processes")]
public sealed class NannyScenariosOverProcesses : NannyScenarios
{
    public NannyScenariosOverProcesses() => ClusterKind.UseProcesses();

    [Fact(Skip = "A worker process always has a nanny.")]
    public override Task A_worker_without_a_nanny_is_not_restarted_and_who_asks_is_told() =>
        throw new NotSupportedException();

    [Fact(Skip = "A process has more than the 100 kB that the test allows. With processes it holds: NannyProcessTests.")]
    public override Task A_worker_over_its_memory_is_ended_by_its_nanny_and_its_task_is_told_why() =>
        throw new NotSupportedException();

    [Fact(Skip = "The pool that is blocked is that of the scheduler. With worker processes it holds: ProcessScenarios.")]
    public override Task User_code_that_blocks_every_thread_of_the_pool_for_ten_times_the_time_to_live_does_not_end_its_worker() =>
        throw new NotSupportedException();

    [Fact(Skip = "It ends workers from within. With processes that are killed it holds: ProcessFaultScenarios.")]
    public override Task Workers_that_exit_close_or_crash_in_the_middle_of_a_graph_change_no_result_and_leave_no_stale_member() =>
        throw new NotSupportedException();
}

[Collection("Processes")]
public sealed class PluginScenariosOverProcesses : PluginScenarios
{
    public PluginScenariosOverProcesses() => ClusterKind.UseProcesses();

    [Fact(Skip = "Its function is a text, which only a handle carries to another process.")]
    public override Task A_function_that_is_not_found_where_workers_are_fails_the_registration() =>
        throw new NotSupportedException();
}

[Collection("Processes")]
public sealed class RetirementScenariosOverProcesses : RetirementScenarios
{
    public RetirementScenariosOverProcesses() => ClusterKind.UseProcesses();

    [Fact(Skip = "Its store is an object of this process, and can not go to a worker process. With the files of a process it holds: ProcessSpillScenarios.")]
    public override Task A_worker_with_spilled_data_of_four_times_its_limit_retires_within_its_limit() =>
        throw new NotSupportedException();

    [Fact(Skip = "It asks the worker itself, which is in another process. Of processes: CommandTests.")]
    public override Task A_worker_asks_for_its_own_retirement_and_ends_only_if_it_was_retired() =>
        throw new NotSupportedException();

    [Fact(Skip = "It breaks the connection from within the worker, which is in another process.")]
    public override Task A_worker_whose_connection_breaks_ends_and_never_registers_again() =>
        throw new NotSupportedException();
}
