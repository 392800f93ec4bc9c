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
        JudgeMutants();
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

    private void JudgeMutants()
    {
        foreach (var (planned, answer) in _tried)
        {
            if (planned.Layer == MutantLayer.Domain)
            {
                report.Add(LayerNames.Domain, planned.Mutant, answer, null);
            }
            else if (planned.Layer is MutantLayer.Lifecycle or MutantLayer.Guarded)
            {
                report.Add(LayerNames.Lifecycle, planned.Mutant, answer, _accepted.ReasonOf(planned.Mutant.Name));
            }
        }
    }

    /// <summary>A change that changes nothing survives; and were it one of the mutants, the gate would be red.</summary>
    private void JudgeItself()
    {
        var (planned, answer) = _tried.Single(static tried => tried.Planned.Layer == MutantLayer.SelfTest);
        report.Add(LayerNames.SelfTests, string.Empty, $"{planned.Mutant.Name} survives", answer.Outcome == TestOutcome.Survived, answer.Detail);
        var other = new GateReport();
        other.Add(LayerNames.Domain, planned.Mutant, answer, null);
        report.Add(LayerNames.SelfTests, string.Empty, "a mutant that survives turns the gate red", other.ExitCode != 0, string.Empty);
        report.Add(LayerNames.SelfTests, string.Empty, "a gate that has tried nothing is red", new GateReport().ExitCode != 0, string.Empty);
        Refused("a guarded site without mutants turns it red", [], []);
        Refused("a mutant that is gone from a guarded site turns it red", ["there", "gone"], [("there", true)]);
        Refused("a mutant that nobody wrote down turns it red", ["there"], [("there", true), ("new", true)]);
        Refused("a mutant that survives at a guarded site turns it red", ["there"], [("there", false)]);

        void Refused(string name, IReadOnlyList<string> written, IReadOnlyList<(string Name, bool IsKilled)> mutants) =>
            report.Add(LayerNames.SelfTests, string.Empty, name, GuardList.FaultOf(written, mutants) is not null, string.Empty);
    }

    private void JudgeGuards()
    {
        var found = plan.Sites.Select(site => (Site: site, Mutants: _tried
            .Where(tried => tried.Planned.Layer != MutantLayer.SelfTest && site.Has(tried.Planned.Mutant) && _accepted.ReasonOf(tried.Planned.Mutant.Name) is null)
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
        var known = plan.Mutants.Select(static planned => planned.Mutant.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var mutant in _accepted.Mutants.Where(mutant => !known.Contains(mutant)))
        {
            report.Add(LayerNames.Lifecycle, string.Empty, mutant, false, "is accepted as a survivor, but there is no such mutant: take it off the list");
        }
    }

    private void JudgeScores()
    {
        var stock = _tried.Where(static tried => tried.Planned.Layer is MutantLayer.Lifecycle or MutantLayer.Guarded or MutantLayer.Core
            && LifecycleFiles.CoreOf(tried.Planned.Mutant.Change.File) is not null).ToList();
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
            report.Add(LayerNames.Scores, string.Empty, score.Core, before is not null && score.Percent >= before.Percent, $"{score}; written down: {before?.ToString() ?? "nothing"}");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(files.Survivors)!);
        File.WriteAllLines(files.Survivors, stock.Where(static tried => tried.Answer.Outcome == TestOutcome.Survived)
            .Select(static tried => $"{tried.Planned.Mutant.Change.File}: {tried.Planned.Mutant.Rule}: {tried.Planned.Mutant.Name}"));
    }
}
