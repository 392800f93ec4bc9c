using Engine.Plugins;
using Engine.Tests.TestKit;

namespace Engine.Tests.OverSockets;

/// <summary>What clients upload stays at the scheduler, so there is a limit.</summary>
public sealed class UploadLimitTests
{
    public UploadLimitTests() => ClusterKind.UseSockets();

    [Fact]
    public async Task Assemblies_that_were_uploaded_have_together_no_more_bytes_than_allowed()
    {
        var first = typeof(Client).Assembly.Location;
        await using var cluster = await ClusterFixture.StartAsync(
            workers: 0, configure: options => options.Scheduler.UploadBytesMax = new FileInfo(first).Length);

        await cluster.Client.UploadAssemblyAsync(first).Within("the upload");
        await cluster.Client.UploadAssemblyAsync(first).Within("the same once more");
        var exception = await Assert.ThrowsAsync<PluginException>(
            () => cluster.Client.UploadAssemblyAsync(typeof(SchedulerPlugin).Assembly.Location).Within("the refusal"));

        Assert.Contains(nameof(SchedulerOptions.UploadBytesMax), exception.Message, StringComparison.Ordinal);
    }
}
