using System.Globalization;
using Engine.Mutation.Guards;
using Engine.Mutation.Running;
using Engine.Mutation.Stock;

namespace Engine.Mutation;

/// <summary>Judges what came of the mutants, and of what was written down about them.</summary>
internal sealed class GateJudge(GateOptions options, GateFiles files, GateReport report, GatePlan plan, IReadOnlyDictionary<int, TestAnswer> answers)
{
    private readonly AcceptedList _accepted = new(files.Accepted);

    // Those that compile.
    private readonly List<(PlannedMutant Planned, TestAnswer Answer)> _tried =
        [.. answers.OrderBy(static answer => answer.Key).Select(answer => (plan.Mutants[answer.Key - 1], answer.Value))];

    private bool IsWhole => options is { Only: null, Simulator: false };

    public void Judge()
    {
        if (options.Simulator)
        {
            SimulatorFigures.AddTo(report, _tried.Where(static tried => tried.Planned.Layer == MutantLayer.Domain), options.Schedules);
        }
        else
        {
            JudgeMutants(report, _tried);
        }

        JudgeItself();
        if (IsWhole)
        {
            JudgeGuards();
            JudgeAccepted();
            if (options.Cores)
            {
                JudgeScores();
            }
        }
    }

    private void JudgeMutants(GateReport told, IEnumerable<(PlannedMutant Planned, TestAnswer Answer)> tried)
    {
        foreach (var (planned, answer) in tried)
        {
            if (planned.Layer == MutantLayer.Domain)
            {
                told.Add(LayerNames.Domain, planned.Mutant, answer, null);
            }
            else if (planned.Layer is MutantLayer.Lifecycle or MutantLayer.Guarded)
            {
                told.Add(LayerNames.Lifecycle, planned.Mutant, answer, _accepted.ReasonOf(planned.Mutant.Name));
            }
            else if (planned.Layer == MutantLayer.Core && _accepted.ReasonOf(planned.Mutant.Name) is { } reason)
            {
                told.Add(LayerNames.Accepted, planned.Mutant, answer, reason);
            }
        }
    }

    /// <summary>A change that changes nothing survives; and were it one of the mutants, the gate would be red for it, and for nothing else.</summary>
    private void JudgeItself()
    {
        var (planted, answer) = _tried.Single(static tried => tried.Planned.Layer == MutantLayer.SelfTest);
        report.Add(LayerNames.SelfTests, string.Empty, $"{planted.Mutant.Name} survives", answer.Outcome == TestOutcome.Survived, answer.Detail);
        var (without, with) = (new GateReport(), new GateReport());
        JudgeMutants(without, _tried);
        JudgeMutants(with, _tried.Select(tried => tried.Planned == planted ? (planted with { Layer = MutantLayer.Domain }, answer) : tried));
        var isRed = with.ExitCode != 0 && with.FailedNames.Except(without.FailedNames).SequenceEqual([planted.Mutant.Name]);
        report.Add(LayerNames.SelfTests, string.Empty, "were it one of the mutants, the gate would be red for it and for nothing else", isRed, string.Empty);
        GateSelfTests.AddTo(report);
    }

    private void JudgeGuards()
    {
        var found = plan.Sites.Select(site => (Site: site, Mutants: _tried
            .Where(tried => !tried.Planned.IsPlanted && site.Has(tried.Planned.Mutant) && _accepted.ReasonOf(tried.Planned.Mutant.Name) is null)
            .Select(static tried => (tried.Planned.Mutant.Name, IsKilled: tried.Answer.Outcome != TestOutcome.Survived)).ToList())).ToList();
        if (options.Record)
        {
            GuardList.Write(files.Guards, found.Select(static site => (site.Site, site.Mutants.Select(static mutant => mutant.Name))));
        }

        var written = new GuardList(files.Guards);
        foreach (var name in written.Sites.Except(found.Select(static site => site.Site.Name)))
        {
            report.Add(LayerNames.Guards, string.Empty, name, false, "the site has vanished: nothing in the engine is marked as this guard");
        }

        foreach (var (site, mutants) in found)
        {
            var fault = GuardList.FaultOf(written.MutantsOf(site.Name), mutants);
            report.Add(LayerNames.Guards, string.Empty, site.Name, fault is null, fault ?? string.Create(CultureInfo.InvariantCulture, $"{mutants.Count} of {mutants.Count} killed"));
        }
    }

    private void JudgeAccepted()
    {
        foreach (var mutant in _accepted.Mutants.Where(mutant => !plan.StockNames.Contains(mutant)))
        {
            report.Add(LayerNames.Lifecycle, string.Empty, mutant, false, "is accepted as a survivor, but there is no such mutant: take it off the list");
        }
    }

    private void JudgeScores()
    {
        var stock = _tried.Where(tried => tried.Planned.Layer is MutantLayer.Lifecycle or MutantLayer.Guarded or MutantLayer.Core
            && _accepted.ReasonOf(tried.Planned.Mutant.Name) is null && LifecycleFiles.CoreOf(tried.Planned.Mutant.Change.File) is not null).ToList();
        var scores = stock.GroupBy(static tried => LifecycleFiles.CoreOf(tried.Planned.Mutant.Change.File)!)
            .OrderBy(static core => core.Key, StringComparer.Ordinal)
            .Select(static core => new CoreScore(core.Key, core.Count(static tried => tried.Answer.Outcome != TestOutcome.Survived), core.Count()))
            .ToList();
        if (options.Record)
        {
            CoreScore.Write(files.Scores, scores);
        }

        var reached = CoreScore.Read(files.Scores);
        foreach (var score in scores)
        {
            var before = reached.FirstOrDefault(other => other.Core == score.Core);
            report.Add(LayerNames.Scores, string.Empty, score.Core, score.Holds(before), $"{score}; written down: {before?.ToString() ?? "nothing"}");
        }

        foreach (var core in reached.Select(static score => score.Core).Except(scores.Select(static score => score.Core)))
        {
            report.Add(LayerNames.Scores, string.Empty, core, false, "has a score written down, but no mutants");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(files.Survivors)!);
        File.WriteAllLines(files.Survivors, stock.Where(static tried => tried.Answer.Outcome == TestOutcome.Survived)
            .Select(static tried => $"{tried.Planned.Mutant.Change.File}: {tried.Planned.Mutant.Rule}: {tried.Planned.Mutant.Name}"));
    }
}
