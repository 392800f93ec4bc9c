using Engine.Tests.Scenarios;
using Engine.Tests.TestKit;

namespace Engine.Tests.OverSockets;

// The same tests, with components that are connected over sockets within the process.

public sealed class NannyScenariosOverSockets : NannyScenarios
{
    public NannyScenariosOverSockets() => ClusterKind.UseSockets();

    [Fact(Skip = "The scheduler is in the process whose thread pool is blocked, so its sockets are too. With worker processes it holds: ProcessScenarios.")]
    public override Task User_code_that_blocks_every_thread_of_the_pool_for_ten_times_the_time_to_live_does_not_end_its_worker() =>
        throw new NotSupportedException();
}

public sealed class PluginScenariosOverSockets : PluginScenarios
{
    public PluginScenariosOverSockets() => ClusterKind.UseSockets();
}

public sealed class RetirementScenariosOverSockets : RetirementScenarios
{
    public RetirementScenariosOverSockets() => ClusterKind.UseSockets();
}

public sealed class ReturnScenariosOverSockets : ReturnScenarios
{
    public ReturnScenariosOverSockets() => ClusterKind.UseSockets();
}
