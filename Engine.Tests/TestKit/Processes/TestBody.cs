using Engine.Nannies.Processes;
using Engine.Tests.TestKit.Home;

namespace Engine.Tests.TestKit.Processes;

/// <summary>What a worker process of a test runs: a probe, if a variable says what that does; otherwise the engine's worker, which has closures run at home.</summary>
internal sealed class TestBody : IWorkerProcessBody
{
    public Task<IProcessedWorker> StartAsync(LaunchDocument launch, INannyLine nanny)
    {
        IWorkerProcessBody body = launch.Environment.ContainsKey(ProbeBody.Variable) ? new ProbeBody() : new EngineWorkerBody(HomeClient.Serializers);
        return body.StartAsync(launch, nanny);
    }
}
