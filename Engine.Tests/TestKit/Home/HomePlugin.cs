using Engine.Nannies.Processes;
using Engine.Plugins;

namespace Engine.Tests.TestKit.Home;

/// <summary>Has worker processes call the tests' startup hook before the engine's, and tells them where home is.</summary>
internal sealed class HomePlugin : NannyPlugin
{
    public override ValueTask BeforeStartAsync(WorkerStart start, CancellationToken cancellationToken)
    {
        start.Environment[WorkerProcess.HooksVariable] = typeof(HomePlugin).Assembly.Location;
        start.Environment[HomeServer.Variable] = HomeServer.Name;
        return default;
    }
}
