using Engine.Tests.Clients;
using Engine.Tests.TestKit;

namespace Engine.Tests.OverProcesses;

// The same tests, with workers that are processes.

[Collection("Processes")]
public sealed class AsCompletedTestsOverProcesses : AsCompletedTests
{
    public AsCompletedTestsOverProcesses() => ClusterKind.UseProcesses();
}

[Collection("Processes")]
public sealed class CancelTestsOverProcesses : CancelTests
{
    public CancelTestsOverProcesses() => ClusterKind.UseProcesses();
}

[Collection("Processes")]
public sealed class DatasetTestsOverProcesses : DatasetTests
{
    public DatasetTestsOverProcesses() => ClusterKind.UseProcesses();
}

[Collection("Processes")]
public sealed class FireAndForgetTestsOverProcesses : FireAndForgetTests
{
    public FireAndForgetTestsOverProcesses() => ClusterKind.UseProcesses();
}

[Collection("Processes")]
public sealed class FutureScopeTestsOverProcesses : FutureScopeTests
{
    public FutureScopeTestsOverProcesses() => ClusterKind.UseProcesses();
}

[Collection("Processes")]
public sealed class InspectTestsOverProcesses : InspectTests
{
    public InspectTestsOverProcesses() => ClusterKind.UseProcesses();

    [Fact]
    public override async Task Waiting_too_long_for_workers_tells_how_many_there_are()
    {
        // A worker process has a clock of its own, so the time that is waited is a real one.
        await using var cluster = await ClusterFixture.StartAsync(workers: 1);

        var error = await Assert.ThrowsAsync<WorkerStartTimeoutException>(
            () => cluster.Client.WaitForWorkersAsync(3, TimeSpan.FromMilliseconds(10))).Within("end of the wait");

        Assert.Equal((1, 3), (error.Available, error.Expected));
    }
}

[Collection("Processes")]
public sealed class ProgressTestsOverProcesses : ProgressTests
{
    public ProgressTestsOverProcesses() => ClusterKind.UseProcesses();
}

[Collection("Processes")]
public sealed class RetryTestsOverProcesses : RetryTests
{
    public RetryTestsOverProcesses() => ClusterKind.UseProcesses();
}

[Collection("Processes")]
public sealed class ScatterTestsOverProcesses : ScatterTests
{
    public ScatterTestsOverProcesses() => ClusterKind.UseProcesses();
}

[Collection("Processes")]
public sealed class TopicTestsOverProcesses : TopicTests
{
    public TopicTestsOverProcesses() => ClusterKind.UseProcesses();
}

[Collection("Processes")]
public sealed class UserKeyTestsOverProcesses : UserKeyTests
{
    public UserKeyTestsOverProcesses() => ClusterKind.UseProcesses();
}

[Collection("Processes")]
public sealed class WaitTestsOverProcesses : WaitTests
{
    public WaitTestsOverProcesses() => ClusterKind.UseProcesses();
}
