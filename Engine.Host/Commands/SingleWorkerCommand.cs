using System.CommandLine;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tasks.Remote;

namespace Engine.Host.Commands;

/// <summary><c>engine worker ADDRESS</c>: a worker without a nanny, for hosts that have a watchdog of their own.</summary>
internal static class SingleWorkerCommand
{
    public static Command Create()
    {
        var settings = new WorkerSettings();
        var command = new Command("worker", "Starts a worker in this process, without a nanny. SIGTERM retires it, then closes it; a second SIGTERM hurries.");
        settings.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            using var shutdown = new Shutdown();
            var (address, options, assemblies) = (settings.Address(parsed), settings.Worker(parsed), ProgramAssemblies.OfThisProcess(settings.Assemblies(parsed)));
            var transport = EngineTransports.For(address, settings.Security.Read(parsed, ComponentRole.Worker), assemblies);
            var place = new LocalPlace(transport, address, TimeProvider.System, TaskScheduler.Default, Validate: false) { Assemblies = assemblies };
            var worker = await LocalWorker.StartAsync(place, options, null, null, cancellationToken);
            Console.WriteLine($"The worker {worker.Name} runs");
            return await WorkerRun.KeepAsync([worker], shutdown, settings.ShutdownTimeout(parsed));
        }));
        return command;
    }
}
