using Engine.Tests.Diagnostics;
using Engine.Tests.TestKit;

namespace Engine.Tests.OverSockets;

// The same tests, with components that are connected over sockets within the process.

public sealed class MeterTestsOverSockets : MeterTests
{
    public MeterTestsOverSockets() => ClusterKind.UseSockets();
}

[Collection(nameof(ActivityListeners))]
public sealed class ActivityTestsOverSockets : ActivityTests
{
    public ActivityTestsOverSockets() => ClusterKind.UseSockets();
}
