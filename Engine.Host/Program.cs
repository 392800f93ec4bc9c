using System.CommandLine;
using Engine.Host.Commands;
using Engine.Nannies.Processes;

var root = new RootCommand("Starts schedulers, workers and nannies, and looks after clusters. Exit codes: 0 ended as asked, don't restart; 1 failed, restart; 2 wrong use; 3 refused, don't restart.")
{
    SchedulerCommand.Create(),
    SingleWorkerCommand.Create(),
    NannyCommand.Create(),
    RetireCommand.Create(),
    StatusCommand.Create(),
    CertificatesCommand.Create(),
};
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    await parsed.InvokeAsync();
    return (int)WorkerExitCode.BadUsage;
}

// Signals are ours: the first one retires, and nothing ends the process while that takes its time.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
