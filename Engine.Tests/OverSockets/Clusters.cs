using Engine.Tests.Clusters;
using Engine.Tests.TestKit;

namespace Engine.Tests.OverSockets;

// The same tests, with components that are connected over sockets within the process.

public sealed class LocalClusterTestsOverSockets : LocalClusterTests
{
    public LocalClusterTestsOverSockets() => ClusterKind.UseSockets();
}

public sealed class NoWorkerTestsOverSockets : NoWorkerTests
{
    public NoWorkerTestsOverSockets() => ClusterKind.UseSockets();
}
