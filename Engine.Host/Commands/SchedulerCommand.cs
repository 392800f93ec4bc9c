using System.CommandLine;
using Engine.Nannies.Processes;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling;

namespace Engine.Host.Commands;

/// <summary><c>engine scheduler</c></summary>
internal static class SchedulerCommand
{
    public static Command Create()
    {
        var listen = new Option<string>("--listen")
        {
            Description = "The address, for example tls://0.0.0.0:8786 or unix:///run/engine.sock.",
            DefaultValueFactory = static _ => "tcp://127.0.0.1:8786",
        };
        var timeToLive = new Option<TimeSpan?>("--worker-ttl")
        {
            Description = "How long a worker may be silent before it is given up: 30s, 5m. No less than ten heartbeats.",
            CustomParser = Durations.Parse,
            DefaultValueFactory = static _ => new SchedulerOptions().WorkerTimeToLive,
        };
        var security = new SecurityOptions();
        var command = new Command("scheduler", "Starts a scheduler. Prints its address, and runs until it gets SIGTERM or SIGINT.") { listen, timeToLive };
        security.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            using var shutdown = new Shutdown();
            var address = parsed.GetRequiredValue(listen);
            var transport = EngineTransports.For(address, security.Read(parsed, ComponentRole.Scheduler));
            var scheduler = new Scheduler(new SchedulerOptions { WorkerTimeToLive = parsed.GetValue(timeToLive) }, transport, TimeProvider.System, [address]);
            await scheduler.StartAsync(TaskScheduler.Default, cancellationToken);
            Console.WriteLine($"The scheduler listens at {scheduler.Address}");
            await Task.WhenAny(shutdown.WhenAsked(), scheduler.Closed);
            await scheduler.CloseAsync();
            return shutdown.Asked.IsCancellationRequested ? WorkerExitCode.Ended : WorkerExitCode.Failed;
        }));
        return command;
    }
}
