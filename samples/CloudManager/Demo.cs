using System.Globalization;
using Engine;
using Engine.Plugins;

namespace CloudManager;

/// <summary>What the program shows: a shrink on a slow cloud, then a machine that the cloud takes away.</summary>
internal sealed class Demo(CloudOptions cloudOptions, TextWriter output, TimeProvider time)
{
    private const int Values = 40;
    private const int ValueBytes = 4096; // More than travels with the news of a result: the value itself stays on a worker.
    private readonly SimulatedCloud _cloud = new(cloudOptions, time);
    private int _runs;

    /// <returns>Whether all values were there whenever they were read, and the shrink computed none of them again.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        Title("Four machines");
        await using var cluster = await SpecCluster.StartAsync(
            new CloudProvisioner(_cloud, BootAsync),
            new SpecClusterOptions { Workers = 4, WorkerName = static place => $"w{place}", RetryDelay = TimeSpan.FromMilliseconds(100) },
            new SchedulerOptions { HeartbeatInterval = TimeSpan.FromMilliseconds(100) },
            cancellationToken);
        try
        {
            await using var client = await cluster.ConnectAsync(cancellationToken: cancellationToken);
            await client.RegisterPluginAsync(new CloudPlugin(_cloud), cancellationToken);
            var printer = new EventPrinter(output, time);
            _cloud.Reclaimed = printer.Reclaimed;
            await client.RegisterPluginAsync(printer, cancellationToken);

            var isWhole = await ShrinkAsync(cluster, client, cancellationToken);
            return await LoseMachineAsync(cluster, client, cancellationToken) && isWhole;
        }
        finally
        {
            _cloud.Hurry();
        }
    }

    /// <summary>Starts a worker with a nanny on a machine, whose name is the label of its host: so nothing else is let in from there once it is retired.</summary>
    private static async Task<Action> BootAsync(WorkerSpec spec, Machine machine, CancellationToken cancellationToken)
    {
        var worker = await LocalWorker.StartAsync(spec, new WorkerOptions { Host = machine.Id }, new NannyOptions(), cancellationToken);
        return worker.Kill;
    }

    private async Task<bool> ShrinkAsync(SpecCluster cluster, Client client, CancellationToken cancellationToken)
    {
        var scattered = await client.ScatterManyAsync(Enumerable.Range(0, Values).Select(Value), cancellationToken: cancellationToken);
        var computed = client.Map(Compute, Enumerable.Range(0, Values)).ToArray();
        await client.WaitAsync(computed, cancellationToken: cancellationToken);

        Title($"{Values} scattered values and {Values} results; the cluster shrinks to one machine");

        // Retired workers are not told to end: they are left to the cloud, which takes their machines 0 to 3 seconds later.
        // Their heartbeats fall into that gap, and the answer is that they are missing. Each then ends together with its nanny.
        var report = await cluster.ScaleAsync(1, new RetirementOptions { CloseWorkers = false }, cancellationToken);
        Title("All machines but one are gone. The report");
        Print(report.Retirement.Rows);

        var isReadable = await ReadAsync(client, scattered, cancellationToken) & await ReadAsync(client, computed, cancellationToken);
        var recomputed = _runs - Values;
        Say($"{(isReadable ? "All" : "NOT ALL")} of the {2 * Values} values can be read; {recomputed} results were computed again.");
        return isReadable && recomputed == 0 && report.Outcome == ScaleOutcome.Reached;
    }

    private async Task<bool> LoseMachineAsync(SpecCluster cluster, Client client, CancellationToken cancellationToken)
    {
        Title("Three machines again");
        await cluster.ScaleAsync(3, null, cancellationToken);
        _runs = 0;

        // Data has no recipe, so whoever may lose a machine without warning asks for a second copy of it. Results need none.
        var scattered = await client.ScatterManyAsync(
            Enumerable.Range(0, Values).Select(Value), new ScatterOptions { Replicas = 2 }, cancellationToken);
        var computed = client.Map(Compute, Enumerable.Range(0, Values)).ToArray();
        await client.WaitAsync(computed, cancellationToken: cancellationToken);

        // The youngest: what was there before the cluster grew is not on it.
        var victim = (await client.GetWorkersAsync(cancellationToken)).MaxBy(static worker => worker.Id.Number)!; // Not null: there are three.
        Title($"The cloud takes {victim.Host} away, which holds {victim.HeldCount} values, without a warning");
        var successor = new Arrival();
        await client.RegisterPluginAsync(successor, cancellationToken);
        _cloud.Find(victim.Name)!.PowerOff(); // Not null: it has a worker.

        var isReadable = await ReadAsync(client, scattered, cancellationToken) & await ReadAsync(client, computed, cancellationToken);
        Say($"{(isReadable ? "All" : "NOT ALL")} of the {2 * Values} values can be read; {_runs - Values} results were computed again.");
        var worker = await successor.Task.WaitAsync(cancellationToken);
        Say($"{worker.Id} ({worker.Name}) on {worker.Host} has taken its place.");
        return isReadable;
    }

    private byte[] Compute(int number)
    {
        Interlocked.Increment(ref _runs);
        return Value(number);
    }

    private static byte[] Value(int number)
    {
        var value = new byte[ValueBytes];
        Array.Fill(value, (byte)number);
        return value;
    }

    private static async Task<bool> ReadAsync(Client client, IEnumerable<Future<byte[]>> futures, CancellationToken cancellationToken)
    {
        try
        {
            var values = await client.GatherAsync(futures, cancellationToken: cancellationToken);
            return values.Select(static (value, number) => value.AsSpan().SequenceEqual(Value(number))).All(static isRight => isRight);
        }
        catch (LostDataException)
        {
            return false;
        }
    }

    private void Print(IReadOnlyList<RetirementRow> rows)
    {
        output.WriteLine("  worker         moved    bytes  waited for  recalled  lost  recomputed  seconds");
        foreach (var row in rows)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {row.Id + " (" + row.Name + ")",-13}  {row.MovedCount,5}  {row.MovedBytes,7}  {row.WaitedForCount,10}  {row.RecalledCount,8}  {row.Lost.Count,4}  "
                + $"{row.Recomputed.Count,10}  {row.Duration.TotalSeconds,7:0.000}"));
        }
    }

    private void Title(string text) => output.WriteLine($"{text}:");

    private void Say(string text) => output.WriteLine($"  => {text}");

    /// <summary>The next worker that joins.</summary>
    private sealed class Arrival : SchedulerPlugin
    {
        private readonly TaskCompletionSource<WorkerInfo> _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<WorkerInfo> Task => _joined.Task;

        public override void AddWorker(WorkerAdded added) => _joined.TrySetResult(added.Worker);
    }
}
