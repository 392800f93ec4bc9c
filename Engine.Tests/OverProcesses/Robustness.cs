using Engine.Tests.Robustness;
using Engine.Tests.TestKit;

namespace Engine.Tests.OverProcesses;

// The same tests, with workers that are processes.

[Collection("Processes")]
public sealed class CancelledWaitTestsOverProcesses : CancelledWaitTests
{
    public CancelledWaitTestsOverProcesses() => ClusterKind.UseProcesses();
}

[Collection("Processes")]
public sealed class ClosingTestsOverProcesses : ClosingTests
{
    public ClosingTestsOverProcesses() => ClusterKind.UseProcesses();
}

[Collection("Processes")]
public sealed class DroppedFutureTestsOverProcesses : DroppedFutureTests
{
    public DroppedFutureTestsOverProcesses() => ClusterKind.UseProcesses();
}

[Collection("Processes")]
public sealed class StressTestsOverProcesses : StressTests
{
    public StressTestsOverProcesses() => ClusterKind.UseProcesses();
}
