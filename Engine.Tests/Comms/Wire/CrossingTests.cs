using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Protocol.Wire;
using Engine.Scheduling.ActiveMemory.Machine;
using Engine.Tests.TestKit.Wire;

namespace Engine.Tests.Comms.Wire;

/// <summary>What is code of one process is refused where it enters the engine.</summary>
public sealed class CrossingTests
{
    private static readonly WorkersToClose s_grouped = new() { GroupBy = static worker => worker.Name };

    [Fact]
    public void Objects_and_functions_of_a_client_are_refused_with_what_to_do() => Assert.All(Refused(), static message =>
    {
        var refusal = Assert.IsType<NotSupportedException>(Crossing.RefusalOf(message));
        Assert.True(
            refusal.Message.Contains("where it is started", StringComparison.Ordinal) || refusal.Message.Contains("GetWorkersAsync", StringComparison.Ordinal),
            refusal.Message);
        Assert.Throws<NotSupportedException>(() => new WireLink(ComponentRole.Client, ComponentRole.Scheduler).Write(message));
    });

    [Fact]
    public void Nothing_else_is_refused() => Assert.All(WireSamples.All, static sample => Assert.Null(Crossing.RefusalOf(sample())));

    private static IEnumerable<Request> Refused() =>
    [
        new RegisterSchedulerPlugin(new SamplePlugin()),
        new RegisterPolicy(new Rebalance()),
        new RetireRequest(WorkerSelector.Where(static _ => true), RetirementTerms.Of(null)),
        new RetireRequest(WorkerSelector.ToClose(s_grouped), RetirementTerms.Of(null)),
        new RestartWorkersRequest(WorkerSelector.ToClose(s_grouped), null, wait: true),
        new WorkersToCloseRequest(s_grouped),
    ];

    private sealed class SamplePlugin : SchedulerPlugin;
}
