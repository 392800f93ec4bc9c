using System.Diagnostics.Metrics;
using Engine.Diagnostics;
using Engine.Tests.TestKit;
using VerifyXunit;

namespace Engine.Tests.Snapshots;

/// <summary>What a user sees of telemetry, who has dashboards and alarms on it: every instrument and activity of a cluster on which all has happened.</summary>
[Collection(nameof(ActivityListeners))]
[UsesVerify]
public sealed class TelemetryNamesTests
{
    [Fact]
    public async Task Names()
    {
        using var measured = new Measurements();
        using var activities = new RecordedActivities();
        await using (var cluster = await ClusterWhereAllHappenedAsync(measured, activities))
        {
            measured.Observe("engine.scheduler.tasks");
        }

        await Verifier.Verify(string.Join('\n', ["Instruments", .. measured.Instruments.Select(instrument => Describe(instrument, measured)), "Activities", .. Describe(activities)]));
    }

    [Fact]
    public void Every_instrument_has_its_line_on_the_page()
    {
        using var measured = new Measurements();
        Assert.NotNull(EngineMeter.Of(measured));
        var page = RepositoryRoot.ReadText("docs/telemetry.md");

        Assert.NotEmpty(measured.Instruments);
        Assert.All(measured.Instruments, instrument => Assert.Contains($"| `{instrument.Name}` | `{instrument.Unit}` |", page, StringComparison.Ordinal));
    }

    private static async Task<LocalCluster> ClusterWhereAllHappenedAsync(Measurements measured, RecordedActivities activities)
    {
        var cluster = await LocalCluster.StartAsync(new LocalClusterOptions { Workers = 2, MeterFactory = measured }).Within("start");
        await using var client = await cluster.ConnectAsync().Within("connection");
        var bytes = client.Submit(() => new byte[4096], new SubmitOptions { Workers = ["0"] });
        await client.Submit((byte[] value) => value.Length, bytes, new SubmitOptions { Workers = ["1"] }).AsTask().Within("a value that goes to another worker");
        await Assert.ThrowsAsync<TaskFailedException>(() => client.Submit(Throw).AsTask().Within("an error"));
        var data = await client.ScatterAsync(new byte[4096], new ScatterOptions { Workers = ["0"] }).Within("data");
        await client.RetireWorkersAsync(WorkerSelector.ByName("0")).Within("a retirement");
        await cluster.ScaleAsync(0).Within("a refusal");
        GC.KeepAlive((bytes, data));
        cluster.Adapt(new AdaptiveOptions { Minimum = 3, Interval = TimeSpan.FromMilliseconds(1) });
        await activities.NextAsync("engine.adapt");
        return cluster;
    }

    private static string Describe(Instrument instrument, Measurements measured) =>
        $"  {instrument.Name} {instrument.Unit} {instrument.GetType().Name.Split('`')[0]} [{string.Join(", ", measured.TagsOf(instrument.Name))}]";

    private static IEnumerable<string> Describe(RecordedActivities activities) =>
        from activity in activities.Ended
        group activity by activity.OperationName into named
        orderby named.Key
        select $"  {named.Key} [{string.Join(", ", Distinct(named.SelectMany(static activity => activity.TagObjects)))}]"
            + string.Concat(
                from happened in named.SelectMany(static activity => activity.Events)
                group happened by happened.Name into events
                orderby events.Key
                select $"\n    {events.Key} [{string.Join(", ", Distinct(events.SelectMany(static happened => happened.Tags)))}]");

    private static IEnumerable<string> Distinct(IEnumerable<KeyValuePair<string, object?>> tags) =>
        tags.Select(static tag => tag.Key).Distinct().Order(StringComparer.Ordinal);

    private static int Throw() => throw new InvalidOperationException("as planned");
}
