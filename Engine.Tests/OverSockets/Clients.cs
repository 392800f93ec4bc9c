using Engine.Tests.Clients;
using Engine.Tests.TestKit;

namespace Engine.Tests.OverSockets;

// The same tests, with components that are connected over sockets within the process.

public sealed class AsCompletedTestsOverSockets : AsCompletedTests
{
    public AsCompletedTestsOverSockets() => ClusterKind.UseSockets();
}

public sealed class CancelTestsOverSockets : CancelTests
{
    public CancelTestsOverSockets() => ClusterKind.UseSockets();
}

public sealed class DatasetTestsOverSockets : DatasetTests
{
    public DatasetTestsOverSockets() => ClusterKind.UseSockets();
}

public sealed class FireAndForgetTestsOverSockets : FireAndForgetTests
{
    public FireAndForgetTestsOverSockets() => ClusterKind.UseSockets();
}

public sealed class FutureScopeTestsOverSockets : FutureScopeTests
{
    public FutureScopeTestsOverSockets() => ClusterKind.UseSockets();
}

public sealed class InspectTestsOverSockets : InspectTests
{
    public InspectTestsOverSockets() => ClusterKind.UseSockets();
}

public sealed class ProgressTestsOverSockets : ProgressTests
{
    public ProgressTestsOverSockets() => ClusterKind.UseSockets();
}

public sealed class RetryTestsOverSockets : RetryTests
{
    public RetryTestsOverSockets() => ClusterKind.UseSockets();
}

public sealed class ScatterTestsOverSockets : ScatterTests
{
    public ScatterTestsOverSockets() => ClusterKind.UseSockets();
}

public sealed class TopicTestsOverSockets : TopicTests
{
    public TopicTestsOverSockets() => ClusterKind.UseSockets();
}

public sealed class UserKeyTestsOverSockets : UserKeyTests
{
    public UserKeyTestsOverSockets() => ClusterKind.UseSockets();
}

public sealed class WaitTestsOverSockets : WaitTests
{
    public WaitTestsOverSockets() => ClusterKind.UseSockets();
}
