using System.CommandLine;
using System.Globalization;
using Engine.Nannies.Processes;
using Engine.Plugins.Transports;
using Spectre.Console;

namespace Engine.Host.Commands;

/// <summary><c>engine status ADDRESS</c></summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var address = new Argument<string>("ADDRESS") { Description = "The scheduler's address." };
        var interval = new Option<TimeSpan?>("--interval")
        {
            Description = "Time between looks, while the output is a terminal.",
            CustomParser = Durations.Parse,
            DefaultValueFactory = static _ => TimeSpan.FromSeconds(1),
        };
        var security = new SecurityOptions();
        var command = new Command("status", "Shows the workers, their tasks and their memory: live in a terminal, once and plain where the output goes elsewhere.") { address, interval };
        security.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            using var shutdown = new Shutdown();
            var options = new ClientOptions { Name = "engine status", Security = security.Read(parsed, ComponentRole.Client) };
            await using var client = await Client.ConnectAsync(parsed.GetRequiredValue(address), options, cancellationToken);
            if (Console.IsOutputRedirected)
            {
                Write(await client.GetWorkersAsync(cancellationToken), Console.Out);
                return WorkerExitCode.Ended;
            }

            await ShowAsync(client, parsed.GetValue(interval) ?? TimeSpan.FromSeconds(1), shutdown.Asked);
            return WorkerExitCode.Ended;
        }));
        return command;
    }

    /// <summary>A line for each worker, fields apart by tabs, numbers without units: for other programs.</summary>
    internal static void Write(IReadOnlyList<WorkerInfo> workers, TextWriter output)
    {
        output.WriteLine("id\tname\tstatus\tthreads\tprocessing\theld\tbytes\taddress");
        foreach (var worker in workers)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{worker.Id.Number}\t{worker.Name}\t{StatusOf(worker)}\t{worker.Threads}\t{worker.ProcessingCount}\t{worker.HeldCount}\t{worker.HeldBytes}\t{worker.Address}"));
        }
    }

    private static async Task ShowAsync(Client client, TimeSpan interval, CancellationToken asked)
    {
        using var timer = new PeriodicTimer(interval, TimeProvider.System);
        await AnsiConsole.Live(TableOf([])).StartAsync(async live =>
        {
            try
            {
                do
                {
                    live.UpdateTarget(TableOf(await client.GetWorkersAsync(asked)));
                }
                while (await timer.WaitForNextTickAsync(asked));
            }
            catch (OperationCanceledException) when (asked.IsCancellationRequested)
            {
                // The user has seen enough.
            }
        });
    }

    private static Table TableOf(IReadOnlyList<WorkerInfo> workers)
    {
        var table = new Table().AddColumns("worker", "status", "threads", "tasks", "values", "memory", "address");
        foreach (var worker in workers)
        {
            var memory = worker.MemoryLimit is { } limit ? $"{Megabytes(worker.HeldBytes)} of {Megabytes(limit)}" : Megabytes(worker.HeldBytes);
            table.AddRow(
                Markup.Escape(worker.Name), StatusOf(worker), $"{worker.Threads}", $"{worker.ProcessingCount}", $"{worker.HeldCount}", memory, Markup.Escape(worker.Address));
        }

        return table.Caption(string.Create(CultureInfo.InvariantCulture,
            $"{workers.Count} workers, {workers.Sum(static worker => worker.ProcessingCount)} tasks, {Megabytes(workers.Sum(static worker => worker.HeldBytes))}"));
    }

    private static string StatusOf(WorkerInfo worker) => worker.IsStalled ? "Stalled" : worker.Status.ToString();

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB");
}
