using System.Diagnostics;
using Engine.Mutation.Compiling;
using Engine.Mutation.Mutants;
using Engine.Mutation.Running;

namespace Engine.Mutation;

/// <summary>
/// Makes each mutant and sees to it that the tests notice it. First the engine is compiled as it is, in the same way, and has to pass; a
/// change that nobody can notice is tried too, and has to survive: a gate that can't be red proves nothing.
/// </summary>
internal sealed class Gate(GateOptions options)
{
    private const int BaselineSchedules = 200;
    private readonly GateFiles _files = new();
    private readonly GateReport _report = new();
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Dictionary<int, TestAnswer> _answers = [];

    public async Task<int> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("engine-mutation").FullName;
        try
        {
            await RunIn(folder);
        }
        catch (MutantException exception)
        {
            _report.Add(LayerNames.Baseline, string.Empty, "it can be compiled", false, exception.Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        Console.WriteLine(_report.Table(LayerNames.Baseline, LayerNames.Domain, LayerNames.Simulator, LayerNames.Guards, LayerNames.Scores, LayerNames.SelfTests));
        return _report.ExitCode;
    }

    private async Task RunIn(string folder)
    {
        var sources = new EngineSources(_files.Root);
        var plan = new GatePlan(sources, options, _report);
        var mutants = plan.Mutants.Select(static planned => planned.Mutant).ToList();
        var path = Path.Combine(folder, "Engine.dll");
        var engine = new SwitchedEngine(sources, mutants, path);
        Say($"{mutants.Count} mutants in {engine.MembersCount} members are compiled");
        var trials = new MutantTrials(_files.Tests, folder, engine, path);
        var failures = await trials.MeasureAsync(BaselineSchedules, useTests: !options.Simulator);
        foreach (var failure in failures)
        {
            _report.Add(LayerNames.Baseline, string.Empty, failure.Name, false, failure.Detail);
        }

        if (failures.Count > 0)
        {
            return;
        }

        _report.Add(LayerNames.Baseline, string.Empty, $"{trials.TestsCount} tests and {BaselineSchedules} schedules pass", true, string.Empty);
        Say("the tests pass on the engine as it is");
        var numbers = Enumerable.Range(1, mutants.Count).Where(number => engine.RefusalOf(number) is null).ToList();
        await trials.RunAsync(numbers, mutants, number => SchedulesOf(plan.Mutants[number - 1].Layer), useTests: !options.Simulator, (number, answer, time) => Tell(plan.Mutants[number - 1], number, answer, time));
        foreach (var number in Enumerable.Range(1, mutants.Count).Where(number => engine.RefusalOf(number) is not null && plan.Mutants[number - 1].Layer == MutantLayer.Domain))
        {
            _answers.Add(number, new TestAnswer(TestOutcome.Refused, string.Empty, engine.RefusalOf(number)!));
        }

        new GateJudge(options, _files, _report, plan, _answers).Judge();
    }

    private int SchedulesOf(MutantLayer layer) => layer switch
    {
        MutantLayer.Domain => options.Schedules,
        MutantLayer.SelfTest => BaselineSchedules,
        _ => 0,
    };

    private void Tell(PlannedMutant planned, int number, TestAnswer answer, TimeSpan time)
    {
        lock (_answers)
        {
            _answers.Add(number, answer);
            if (planned.Layer == MutantLayer.Domain || answer.Outcome != TestOutcome.Killed)
            {
                Say($"{planned.Mutant.Rule}: {planned.Mutant.Name}: {answer.Outcome} {answer.Name} {answer.Detail} ({time.TotalMilliseconds:0} ms, {_answers.Count} done)");
            }
        }
    }

    private void Say(string what) => Console.Error.WriteLine($"{_watch.Elapsed:mm\\:ss} {what}");
}
