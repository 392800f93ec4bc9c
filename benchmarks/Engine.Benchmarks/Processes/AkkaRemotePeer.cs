using Akka.Actor;
using Akka.Routing;
using Engine.Benchmarks.Peers;

namespace Engine.Benchmarks.Processes;

/// <summary>Akka.Remote: an actor in each of two processes, a task is an <c>Ask</c> over TCP; dependencies are awaited by the caller.</summary>
internal sealed class AkkaRemotePeer() : AkkaPeer("Akka.Remote ask")
{
    public const string ServerKind = "akka";

    private const string ActorName = "calculator";

    // Addresses as they are; frames large enough, and heartbeats that survive a full queue.
    private const string Settings = """
        akka {
          loglevel = OFF
          stdout-loglevel = OFF
          log-dead-letters = off
          actor.provider = remote
          remote {
            log-remote-lifecycle-events = off
            transport-failure-detector.acceptable-heartbeat-pause = 10m
            watch-failure-detector.acceptable-heartbeat-pause = 10m
            dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
          }
        }
        """;

    private Servers? _servers;

    // A million questions at once take minutes.
    public override bool Supports(Scenario scenario) =>
        scenario is { Quantity: Quantity.Time or Quantity.Latency or Quantity.Allocation, Shape: not Shape.Map, Size: < 1_000_000 };

    /// <summary>In a server's process.</summary>
    public static (IAsyncDisposable? Server, string Said) StartServer()
    {
        var system = ActorSystem.Create("benchmark", Settings);
        var actor = system.ActorOf(Props.Create(static () => new Calculator()), ActorName);
        var address = ((ExtendedActorSystem)system).Provider.DefaultAddress;
        return (null, actor.Path.ToStringWithAddress(address));
    }

    public override async Task StopAsync()
    {
        await base.StopAsync();
        if (_servers is not null)
        {
            await _servers.DisposeAsync();
            _servers = null;
        }
    }

    protected override async Task<(ActorSystem System, IActorRef Pool)> OpenAsync()
    {
        _servers = await Servers.StartAsync(ServerKind);
        for (var number = 1; number < Parallelism; number++)
        {
            await _servers.AddAsync(ServerKind);
        }

        var system = ActorSystem.Create("client", Settings);
        return (system, system.ActorOf(Props.Empty.WithRouter(new RoundRobinGroup(_servers.Said))));
    }
}
