using System.Globalization;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling;
using Engine.Tasks.Remote;

namespace Engine.Benchmarks.Processes;

/// <summary>The engine as it is spread over machines: scheduler, two workers and the client are four processes, connected by TCP.</summary>
internal sealed class EngineTcpContender() : EngineContender("Engine, all over tcp")
{
    public const string SchedulerKind = "engine-scheduler";
    public const string WorkerKind = "engine-worker";

    // The scheduler's process is another one: what its tasks take is not seen from here.
    public override bool Supports(Scenario scenario) =>
        base.Supports(scenario) && scenario.Quantity is not (Quantity.Memory or Quantity.Lifecycle);

    /// <summary>In the scheduler's process.</summary>
    public static async Task<(IAsyncDisposable? Server, string Said)> StartSchedulerAsync()
    {
        const string address = "tcp://127.0.0.1:0";
        var scheduler = new Scheduler(new SchedulerOptions(), EngineTransports.For(address, Insecure()), TimeProvider.System, [address]);
        await scheduler.StartAsync(TaskScheduler.Default, CancellationToken.None);
        return (null, scheduler.Address);
    }

    /// <summary>In a worker's process.</summary>
    public static async Task<(IAsyncDisposable? Server, string Said)> StartWorkerAsync(string address, string name)
    {
        var assemblies = ProgramAssemblies.OfThisProcess([]);
        var place = new LocalPlace(EngineTransports.For(address, Insecure(), assemblies), address, TimeProvider.System, TaskScheduler.Default, Validate: false)
        {
            Assemblies = assemblies,
        };
        var worker = await LocalWorker.StartAsync(place, new WorkerOptions { Name = name, Threads = 1 }, null, null, CancellationToken.None);
        return (null, worker.Name);
    }

    protected override async Task<(IAsyncDisposable Cluster, Client Client)> OpenAsync()
    {
        var cluster = await Servers.StartAsync(SchedulerKind);
        var address = cluster.Said[0];
        try
        {
            for (var number = 0; number < Parallelism; number++)
            {
                await cluster.AddAsync(WorkerKind, address, number.ToString(CultureInfo.InvariantCulture));
            }

            return (cluster, await Client.ConnectAsync(address, new ClientOptions { Security = Insecure() }));
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    // As the others are. A secret would cost a start more, and a task nothing.
    private static TransportSecurity Insecure() => new() { AllowInsecure = true };
}
