using Engine.Data;
using Engine.Protocol;
using Engine.Tasks;
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

public sealed class BrokenClientTestsOverSockets : BrokenClientTests
{
    public BrokenClientTestsOverSockets() => ClusterKind.UseSockets();

    [Fact]
    public Task A_map_of_absurdly_many_elements_is_not_even_read() =>
        IsCutOffAsync(static client => [new SubmitMap(new TaskKey(client, 0), SubmitMap.CountMax + 1, new ConstantWork(DataValue.From(1)), null)]);
}
