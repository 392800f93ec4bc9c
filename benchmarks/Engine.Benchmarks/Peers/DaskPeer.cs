using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Engine.Benchmarks.Peers;

/// <summary>
/// Dask's <c>distributed</c>, where this machine has it: a script starts a scheduler and two workers
/// as processes of their own and prints a line of JSON for each repetition.
/// </summary>
internal sealed class DaskPeer
{
    private static readonly string[] Interpreters = ["python3", "/usr/bin/python3"];

    private static readonly (string Name, string Saturation)[] Settings =
        [("Dask, default", "default"), ("Dask, best setting", "inf")];

    private readonly string _python;

    private DaskPeer(string python) => _python = python;

    /// <summary>Returns null if no interpreter here can import it.</summary>
    public static async Task<DaskPeer?> FindAsync()
    {
        foreach (var interpreter in Interpreters)
        {
            if (await ImportsAsync(interpreter))
            {
                return new DaskPeer(interpreter);
            }
        }

        return null;
    }

    public async Task<IReadOnlyList<Row>> RunAsync(Scenario scenario, CommandLine commandLine)
    {
        List<Row> rows = [];
        if (TestFor(scenario, commandLine.Quick) is not var (test, size, reps))
        {
            return rows;
        }

        foreach ((string name, string saturation) in Settings.Where(setting => commandLine.Includes(setting.Name)))
        {
            var builder = new RowBuilder(scenario with { Size = size });
            foreach (var samples in await RunScriptAsync(test, size, reps, saturation))
            {
                builder.Add(name, samples);
            }

            rows.AddRange(builder.Build());
        }

        return rows;
    }

    // Sizes are such that the slower setting needs half a minute at most; only the 100 000 tasks
    // take minutes, so they are run once. Dask's cost per task grows with the size, which favours it.
    private static (string Test, int Size, int Reps)? TestFor(Scenario scenario, bool quick) => scenario.Name switch
    {
        "noop10k" => quick ? ("noop", 2_000, 1) : ("noop", 10_000, 3),
        "noop100k" => quick ? null : ("noop", 100_000, 1),
        "tree" => quick ? ("tree", 1 << 10, 1) : ("tree", 1 << 13, 2),
        "chain" => quick ? ("chain", 200, 1) : ("chain", 2_000, 2),
        "rtt" => quick ? ("rtt", 100, 1) : ("rtt", 500, 3),
        "start" or "retire" => quick ? (scenario.Name, 2, 1) : (scenario.Name, scenario.Size, 2),
        _ => null,
    };

    private static async Task<bool> ImportsAsync(string interpreter)
    {
        try
        {
            using var process = Start(interpreter, ["-c", "import distributed"], quiet: true);
            await process.WaitForExitAsync();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // There is no such program.
            return false;
        }
    }

    private async Task<List<Sample[]>> RunScriptAsync(string test, int size, int reps, string saturation)
    {
        string[] arguments = [Script(), test, Text(size), Text(reps), saturation];
        using var process = Start(_python, arguments, quiet: false);
        try
        {
            List<Sample[]> repetitions = [];
            while (await process.StandardOutput.ReadLineAsync() is { } line)
            {
                Dictionary<string, double>? metrics = JsonSerializer.Deserialize<Dictionary<string, double>>(line);
                repetitions.Add([.. metrics!.Select(static metric => new Sample(metric.Key, metric.Value))]);
            }

            await process.WaitForExitAsync();
            return process.ExitCode == 0
                ? repetitions
                : throw new InvalidOperationException($"Dask's {test} failed with exit code {process.ExitCode}.");
        }
        finally
        {
            // True only after a failure on our side.
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The program runs from an output folder somewhere below the repository's root.</summary>
    private static string Script()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var script = Path.Combine(folder.FullName, "benchmarks", "dask", "dask_bench.py");
            if (File.Exists(script))
            {
                return script;
            }
        }

        throw new FileNotFoundException("benchmarks/dask/dask_bench.py is in no folder above the program.");
    }

    private static Process Start(string program, IEnumerable<string> arguments, bool quiet) =>
        Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = quiet,
        }) ?? throw new InvalidOperationException($"{program} did not start.");
}
