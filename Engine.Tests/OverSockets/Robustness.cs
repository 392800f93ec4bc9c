using Engine.Tests.Robustness;
using Engine.Tests.TestKit;

namespace Engine.Tests.OverSockets;

// The same tests, with components that are connected over sockets within the process.

public sealed class BadInputTestsOverSockets : BadInputTests
{
    public BadInputTestsOverSockets() => ClusterKind.UseSockets();
}

public sealed class CancelledWaitTestsOverSockets : CancelledWaitTests
{
    public CancelledWaitTestsOverSockets() => ClusterKind.UseSockets();
}

public sealed class ClosingTestsOverSockets : ClosingTests
{
    public ClosingTestsOverSockets() => ClusterKind.UseSockets();
}

public sealed class DroppedFutureTestsOverSockets : DroppedFutureTests
{
    public DroppedFutureTestsOverSockets() => ClusterKind.UseSockets();
}

public sealed class StressTestsOverSockets : StressTests
{
    public StressTestsOverSockets() => ClusterKind.UseSockets();
}
