using Engine.Tests.TestKit;
using Engine.Tests.Workers;

namespace Engine.Tests.OverSockets;

// The same tests, with components that are connected over sockets within the process. Without LongTaskTests: their time goes on
// as soon as a timer is set, so hours pass while a message is under way, and short tasks look long.

public sealed class FunctionTestsOverSockets : FunctionTests
{
    public FunctionTestsOverSockets() => ClusterKind.UseSockets();
}

public sealed class NestedTaskTestsOverSockets : NestedTaskTests
{
    public NestedTaskTestsOverSockets() => ClusterKind.UseSockets();
}

public sealed class SlotTestsOverSockets : SlotTests
{
    public SlotTestsOverSockets() => ClusterKind.UseSockets();
}

public sealed class SpillingClusterTestsOverSockets : SpillingClusterTests
{
    public SpillingClusterTestsOverSockets() => ClusterKind.UseSockets();
}

public sealed class TaskContextTestsOverSockets : TaskContextTests
{
    public TaskContextTestsOverSockets() => ClusterKind.UseSockets();
}

public sealed class TimeLimitTestsOverSockets : TimeLimitTests
{
    public TimeLimitTestsOverSockets() => ClusterKind.UseSockets();
}
