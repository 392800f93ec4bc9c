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

    [Fact(Skip = "Its clock is the test's, and a worker process has its own.")]
    public override Task Waiting_too_long_for_workers_tells_how_many_there_are() =>
        throw new NotSupportedException();
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

    [Fact(Skip = "It counts runs in a static field, and each process has its own.")]
    public override Task An_equal_definition_under_one_key_runs_once_whichever_client_submits_it() =>
        throw new NotSupportedException();
}

[Collection("Processes")]
public sealed class WaitTestsOverProcesses : WaitTests
{
    public WaitTestsOverProcesses() => ClusterKind.UseProcesses();
}
