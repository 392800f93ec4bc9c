using Engine.Benchmarks.Processes;
using Engine.Nannies.Processes;

namespace Engine.Benchmarks.Soak;

/// <summary>What happens to the workers, by a seed: their processes are killed, stopped and resumed, they are retired, their number changes.</summary>
internal sealed class SoakFaults(LocalCluster cluster, Client client, int seed)
{
    private const int WorkersMax = 6;
    private const int SignalKill = 9;
    private const int SignalContinue = 18;
    private const int SignalStop = 19;
    private readonly Random _random = new(seed);
    private readonly List<Task> _resumptions = [];
    private readonly List<string> _violations = [];

    public int Kills { get; private set; }

    public int Stops { get; private set; }

    public int Retirements { get; private set; }

    public int Refusals { get; private set; }

    public int Scalings { get; private set; }

    public IReadOnlyList<string> Violations => _violations;

    /// <summary>One after the other, until the token ends it; then whoever is stopped goes on.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(200, 2500)), TimeProvider.System, CancellationToken.None);
            await NextAsync();
        }

        await Task.WhenAll(_resumptions);
    }

    private async Task NextAsync()
    {
        switch (_random.Next(8))
        {
            case 0 or 1 or 2:
                Kills += Hit(SignalKill) ? 1 : 0;
                break;
            case 3 or 4:
                Stop();
                break;
            case 5 or 6:
                await RetireAsync();
                break;
            default:
                Scalings++;
                Note((await cluster.ScaleAsync(_random.Next(2, WorkersMax + 1), Terms())).Retirement);
                break;
        }
    }

    private bool Hit(int signal)
    {
        var processes = ChildProcesses.Find();
        return processes.Count > 0 && ProcessGroup.Signal(processes[_random.Next(processes.Count)], signal);
    }

    /// <summary>For less than the time to live of workers, or for more.</summary>
    private void Stop()
    {
        var processes = ChildProcesses.Find();
        if (processes.Count == 0)
        {
            return;
        }

        var process = processes[_random.Next(processes.Count)];
        Stops += ProcessGroup.Signal(process, SignalStop) ? 1 : 0;
        _resumptions.Add(ResumeAsync(process, TimeSpan.FromSeconds(_random.NextDouble() * 2 * SoakRun.TimeToLive.TotalSeconds)));
    }

    private static async Task ResumeAsync(int process, TimeSpan after)
    {
        await Task.Delay(after, TimeProvider.System);
        ProcessGroup.Signal(process, SignalContinue);
    }

    private async Task RetireAsync()
    {
        var workers = await client.GetWorkersAsync();
        if (workers.Count > 1)
        {
            Note(await client.RetireWorkersAsync(WorkerSelector.ById([workers[_random.Next(workers.Count)].Id]), Terms()));
        }
    }

    private static RetirementOptions Terms() => new() { Deadline = TimeSpan.FromSeconds(20) };

    private void Note(RetirementReport report)
    {
        foreach (var row in report.Rows)
        {
            Retirements += row.Outcome == RetirementOutcome.Retired ? 1 : 0;
            Refusals += row.Outcome == RetirementOutcome.Refused ? 1 : 0;
            if (row.Outcome == RetirementOutcome.Retired && row.Lost.Count + row.Recomputed.Count > 0)
            {
                _violations.Add($"{row} says retired with a loss (I2, I3)");
            }
        }
    }
}
