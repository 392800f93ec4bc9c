using System.Security.Cryptography;
using Engine.Data.Serialization;
using Engine.Nannies.Processes;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling;

namespace Engine.Clusters;

/// <summary>
/// How a cluster whose workers are processes is connected: scheduler, nannies and clients within this process, as ever; worker
/// processes through sockets of this machine that only those get into who know a secret, which is made for the cluster.
/// </summary>
internal sealed class LocalProcesses : IAsyncDisposable
{
    private readonly TransportSecurity _security = new() { Secret = RandomNumberGenerator.GetBytes(32) };
    private readonly TransportRouter _router;

    /// <param name="near">Connects components of this process.</param>
    /// <param name="serializers">How values are written; null: as usual.</param>
    /// <exception cref="NotSupportedException">The program does not have the package with the sockets.</exception>
    public LocalProcesses(ITransport near, ValueSerializers? serializers) =>
        _router = new TransportRouter(near, EngineTransports.For(ListenAddress, _security, serializers: serializers));

    /// <summary>Where the scheduler listens for worker processes, and each worker for others.</summary>
    public static string ListenAddress => OperatingSystem.IsWindows() ? "tcp://127.0.0.1:0" : "unix://";

    /// <summary>Connects components of this process with each other, and with workers.</summary>
    public ITransport Transport => _router;

    /// <summary>Where worker processes live.</summary>
    /// <param name="scheduler">Their scheduler, which listens.</param>
    /// <param name="validate">Whether machines check themselves after every step.</param>
    public ProcessPlace PlaceOf(Scheduler scheduler, bool validate) =>
        new(scheduler.Addresses[1], _security) { ListenAddress = ListenAddress, Validate = validate };

    public ValueTask DisposeAsync() => _router.DisposeAsync();
}
