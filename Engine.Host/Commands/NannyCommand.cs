using System.CommandLine;
using Engine.Nannies.Processes;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tasks.Remote;

namespace Engine.Host.Commands;

/// <summary><c>engine nanny ADDRESS --workers N</c>: worker processes, each looked after.</summary>
internal static class NannyCommand
{
    public static Command Create()
    {
        var settings = new WorkerSettings();
        var count = new Option<int>("--workers") { Description = "How many workers, each a process of its own.", DefaultValueFactory = static _ => Environment.ProcessorCount };
        var deathTimeout = new Option<TimeSpan?>("--death-timeout")
        {
            Description = "How long the scheduler may be out of reach before nannies and workers end.",
            CustomParser = Durations.Parse,
            DefaultValueFactory = static _ => new NannyOptions().DeathTimeout,
        };
        var command = new Command("nanny", "Starts worker processes and looks after them. SIGTERM retires them, then closes them; a second SIGTERM hurries.") { count, deathTimeout };
        settings.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            using var shutdown = new Shutdown();
            var address = settings.Address(parsed);
            var transport = EngineTransports.For(address, settings.Security.Read(parsed, ComponentRole.Nanny), ProgramAssemblies.OfThisProcess());
            var place = new LocalPlace(transport, address, TimeProvider.System, TaskScheduler.Default, Validate: false)
            {
                Processes = new ProcessPlace(address, settings.Security.Read(parsed, ComponentRole.Worker)) { Assemblies = settings.Assemblies(parsed) },
            };
            var options = new NannyOptions();
            options.DeathTimeout = parsed.GetValue(deathTimeout) ?? options.DeathTimeout;
            var starts = Enumerable.Range(0, parsed.GetValue(count))
                .Select(number => LocalWorker.StartAsync(place, settings.Worker(parsed, number), options, null, cancellationToken)).ToList();
            var workers = await Task.WhenAll(starts);
            Console.WriteLine($"{workers.Length} workers run: {string.Join(", ", workers.Select(static worker => worker.Name))}");
            return await WorkerRun.KeepAsync(workers, shutdown, settings.ShutdownTimeout(parsed));
        }));
        return command;
    }
}
