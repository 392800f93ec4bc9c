using System.CommandLine;
using Engine.Nannies.Processes;
using Engine.Plugins.Transports;

namespace Engine.Host.Commands;

/// <summary><c>engine retire ADDRESS --worker NAME --deadline 30s</c></summary>
internal static class RetireCommand
{
    public static Command Create()
    {
        var address = new Argument<string>("ADDRESS") { Description = "The scheduler's address." };
        var workers = new Option<string[]>("--worker") { Description = "The name of a worker; may be given several times.", Required = true };
        var deadline = new Option<TimeSpan?>("--deadline") { Description = "How long it may take: 30s, 5m. Then it is called off.", CustomParser = Durations.Parse };
        var security = new SecurityOptions();
        var command = new Command("retire", "Retires workers: what they hold moves to others, what they run ends, then they close. Prints what became of each; exit code 1 if one was refused.")
        {
            address, workers, deadline,
        };
        security.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            var options = new ClientOptions { Name = "engine retire", Security = security.Read(parsed, ComponentRole.Client) };
            await using var client = await Client.ConnectAsync(parsed.GetRequiredValue(address), options, cancellationToken);
            var report = await client.RetireWorkersAsync(
                WorkerSelector.ByName(parsed.GetRequiredValue(workers)), new RetirementOptions { Deadline = parsed.GetValue(deadline) }, cancellationToken);
            Console.WriteLine(report);
            return report.Rows.Any(static row => row.Outcome == RetirementOutcome.Refused) ? WorkerExitCode.Failed : WorkerExitCode.Ended;
        }));
        return command;
    }
}
