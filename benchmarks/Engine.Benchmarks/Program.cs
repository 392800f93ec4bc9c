using System.Globalization;
using Engine.Benchmarks;
using Engine.Benchmarks.Peers;
using Engine.Benchmarks.Processes;
using Engine.Benchmarks.Soak;

if (args is [PeerProcess.Option, var kind, .. var rest])
{
    return await PeerServers.RunAsync(kind, rest);
}

if (args is [MembershipBenchmark.Option, ..])
{
    return await MembershipBenchmark.RunAsync(args is [_, "--reps", var count] && int.TryParse(count, CultureInfo.InvariantCulture, out var number) ? Math.Max(1, number) : 5);
}

if (args is [SoakOptions.Option, .. var soak])
{
    if (SoakOptions.TryParse(soak) is { } options)
    {
        return await SoakRun.RunAsync(options);
    }

    await Console.Error.WriteLineAsync(SoakOptions.Usage);
    return 2;
}

if (CommandLine.TryParse(args) is not { } commandLine)
{
    await Console.Error.WriteLineAsync(CommandLine.Usage);
    return 2;
}

var dask = commandLine.Dask ? await DaskPeer.FindAsync() : null;
var measure = new Measure(commandLine.Warmups, commandLine.Reps);
var otherLoad = new Dictionary<string, double?>();
List<Row> rows = [];

foreach (var scenario in ScenarioCatalog.Select(commandLine.Processes, commandLine.Scenarios, commandLine.Quick))
{
    // Progress goes to the error stream, so that the table can be redirected.
    await Console.Error.WriteLineAsync($"{scenario.Name} ...");
    Contender[] contenders = [.. (commandLine.Processes ? AcrossProcesses() : InProcess()).Where(contender => commandLine.Includes(contender.Name) && contender.Supports(scenario))];
    if (contenders.Length > 0)
    {
        var load = new OtherLoad();
        rows.AddRange(await measure.RunAsync(scenario, contenders));
        otherLoad[scenario.Name] = load.Share();
    }

    // Dask does not take turns with the others: its idle processes would disturb figures that are
    // a thousand times smaller, and no disturbance matters to its own.
    if (dask is not null)
    {
        rows.AddRange(await dask.RunAsync(scenario, commandLine));
    }
}

Console.WriteLine(Table.Format(rows));
Console.WriteLine(MachineDescription.Line + (commandLine.Quick ? ", quick run" : ""));
Console.WriteLine("Share of the machine that others used: " + string.Join(", ", otherLoad.Select(
    static entry => $"{entry.Key} {entry.Value?.ToString("P0", CultureInfo.InvariantCulture) ?? "unknown"}")));
if (commandLine.Dask && dask is null)
{
    Console.WriteLine("Dask was not run: no python3 here can import distributed.");
}

if (commandLine.JsonFile is { } file)
{
    await JsonReport.WriteAsync(file, rows, otherLoad);
}

return 0;

static Contender[] InProcess() =>
[
    new EngineContender(),
    new TaskRunWhenAllPeer(),
    new TaskRunPeer(),
    new ContinueWithPeer(),
    new ParallelForPeer(),
    new DataflowPeer(),
    new AkkaPeer(),
];

static Contender[] AcrossProcesses() =>
[
    new EngineProcessesContender(),
    new EngineTcpContender(),
    new AkkaRemotePeer(),
    new OrleansPeer(),
    new SocketConnectionPeer(),
    new RawSocketPeer("raw unix socket", RawSocketPeer.Unix, isFresh: true),
    new RawSocketPeer("raw tcp socket", RawSocketPeer.Tcp, isFresh: true),
    new RawSocketPeer("raw unix socket, used memory", RawSocketPeer.Unix, isFresh: false),
    new RawSocketPeer("raw tcp socket, used memory", RawSocketPeer.Tcp, isFresh: false),
    new BareProcessPeer(),
];
