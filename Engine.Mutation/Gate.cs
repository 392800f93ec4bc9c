using System.Diagnostics;
using Engine.Mutation.Compiling;
using Engine.Mutation.Mutants;
using Engine.Mutation.Running;

namespace Engine.Mutation;

/// <summary>
/// Makes each mutant and sees to it that the tests notice it. First the engine is compiled as it is, in the same way, and has to pass; last a
/// change that nobody can notice is tried, and has to survive: a gate that can't be red proves nothing.
/// </summary>
internal sealed class Gate(GateOptions options)
{
    private const string KillerOfSimulator = "simulator";
    private const int BaselineSchedulesMax = 500;
    private static readonly TimeSpan s_classLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_requestLimit = TimeSpan.FromMinutes(1);
    private readonly string _root = FindRoot();
    private readonly List<GateRow> _rows = [];
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    private string TestsFolder => Path.Combine(_root, "artifacts", "bin", "Engine.Tests", "release");

    public async Task<int> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("engine-mutation").FullName;
        try
        {
            return await RunIn(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<int> RunIn(string folder)
    {
        var engine = new EngineCompilation(_root);
        var mutants = AllMutants.Of(engine).Where(mutant => options.Only is not { } only
            || mutant.Name.Contains(only, StringComparison.OrdinalIgnoreCase) || mutant.Edit.File.Contains(only, StringComparison.OrdinalIgnoreCase)).ToList();
        var baseline = Path.Combine(folder, "baseline.dll");
        engine.Emit(null, baseline);
        var classes = await FindUsableAsync(baseline);
        if (classes.Count == 0)
        {
            return Finish();
        }

        var killers = new KillerList(Path.Combine(_root, "Engine.Mutation", "killers.txt"));
        var queue = new Queue<Mutant>([.. mutants, AllMutants.Planted]);
        var taking = new Lock();
        await Task.WhenAll(Enumerable.Range(0, Math.Max(1, Environment.ProcessorCount)).Select(lane => Task.Run(async () =>
        {
            using var process = new TestProcess(TestsFolder);
            while (Next() is { } mutant)
            {
                var path = Path.Combine(folder, $"{lane}.dll");
                string answer;
                try
                {
                    engine.Emit(mutant.Edit, path);
                    answer = await TryAsync(process, path, mutant, classes, killers);
                }
                catch (MutantException exception)
                {
                    answer = $"{TestAnswer.Broken} {exception.Message}";
                }

                Report(mutant, answer);
            }
        })));
        if (options.Learn)
        {
            killers.Save(mutants.Select(static mutant => mutant.Name));
        }

        return Finish();

        Mutant? Next()
        {
            lock (taking)
            {
                return queue.TryDequeue(out var mutant) ? mutant : null;
            }
        }
    }

    /// <summary>The classes of tests that pass with the engine as it is, and don't take long.</summary>
    private async Task<IReadOnlyList<string>> FindUsableAsync(string baseline)
    {
        var tests = new LoadedTests(TestsFolder, baseline);
        var names = tests.Assembly.GetTypes().Where(TestPool.Contains).Select(static type => type.FullName!).Order(StringComparer.Ordinal).ToList();
        tests.Unload();
        using var process = new TestProcess(TestsFolder);
        List<string> usable = [];
        foreach (var name in names)
        {
            var start = Stopwatch.GetTimestamp();
            var answer = await process.AskAsync(new TestRequest(baseline, [name], 0), s_requestLimit);
            if (answer != TestAnswer.Survived)
            {
                _rows.Add(new GateRow($"the engine as it is passes {name}", string.Empty, false, answer));
                return [];
            }

            if (Stopwatch.GetElapsedTime(start) < s_classLimit)
            {
                usable.Add(name);
            }
        }

        var schedules = Math.Min(options.Schedules, BaselineSchedulesMax);
        var simulated = await process.AskAsync(new TestRequest(baseline, [], schedules), s_requestLimit);
        _rows.Add(new GateRow($"the engine as it is passes {usable.Count} classes of tests and {schedules} schedules", string.Empty, simulated == TestAnswer.Survived, simulated));
        return simulated == TestAnswer.Survived ? usable : [];
    }

    private async Task<string> TryAsync(TestProcess process, string engine, Mutant mutant, IReadOnlyList<string> classes, KillerList killers)
    {
        var known = killers.Find(mutant.Name);
        if (known is not null && classes.Contains(known))
        {
            var answer = await process.AskAsync(new TestRequest(engine, [known], 0), s_requestLimit);
            if (answer != TestAnswer.Survived)
            {
                return answer;
            }
        }

        if (known != KillerOfSimulator)
        {
            foreach (var name in TestPool.Ordered(classes, mutant.Edit.File))
            {
                var answer = await process.AskAsync(new TestRequest(engine, [name], 0), s_requestLimit);
                if (answer != TestAnswer.Survived)
                {
                    lock (killers)
                    {
                        killers.Learn(mutant.Name, name);
                    }

                    return answer;
                }
            }
        }

        var simulated = await process.AskAsync(new TestRequest(engine, [], options.Schedules), s_requestLimit);
        if (simulated != TestAnswer.Survived)
        {
            lock (killers)
            {
                killers.Learn(mutant.Name, KillerOfSimulator);
            }
        }

        return simulated;
    }

    private void Report(Mutant mutant, string answer)
    {
        var isKilled = answer.StartsWith(TestAnswer.Killed, StringComparison.Ordinal);
        var passes = mutant == AllMutants.Planted ? answer == TestAnswer.Survived : isKilled;
        lock (_rows)
        {
            _rows.Add(new GateRow(mutant.Name, mutant.Rule, passes, answer));
            Console.Error.WriteLine($"{_watch.Elapsed:mm\\:ss} {(passes ? "ok  " : "FAIL")} {mutant.Name}: {answer}");
        }
    }

    private int Finish()
    {
        Console.WriteLine(GateTable.Of(_rows));
        var failed = _rows.Count(static row => !row.Passes);
        Console.WriteLine($"{_rows.Count - failed} passed, {failed} failed");
        return failed == 0 ? 0 : 1;
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "engine.sln")))
        {
            folder = Path.GetDirectoryName(folder.TrimEnd(Path.DirectorySeparatorChar)) ?? throw new InvalidOperationException("The gate has to be run from a clone of the repository.");
        }

        return folder;
    }
}

/// <summary>A line of the table.</summary>
internal sealed record GateRow(string Name, string Rule, bool Passes, string Result);
