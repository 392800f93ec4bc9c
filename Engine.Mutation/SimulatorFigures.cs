using System.Globalization;
using Engine.Mutation.Running;

namespace Engine.Mutation;

/// <summary>How many schedules of the simulator it takes until a bug is noticed.</summary>
internal static class SimulatorFigures
{
    /// <summary>Adds a line for each mutant, the one that is noticed first first. One that the simulator doesn't notice is noticed by a test: the other runs see to that.</summary>
    /// <param name="report">Where to.</param>
    /// <param name="tried">What came of the mutants in the simulator alone.</param>
    /// <param name="limit">How many schedules each was shown to; and how many the one in the middle may need.</param>
    public static void AddTo(GateReport report, IEnumerable<(PlannedMutant Planned, TestAnswer Answer)> tried, int limit)
    {
        var counts = tried.Select(mutant => (mutant.Planned.Mutant, mutant.Answer, Count: CountOf(mutant.Answer))).OrderBy(static mutant => mutant.Count ?? int.MaxValue).ToList();
        foreach (var (mutant, answer, count) in counts)
        {
            var result = count is { } number ? string.Create(CultureInfo.InvariantCulture, $"{number} schedules: {answer.Detail}")
                : answer.Outcome == TestOutcome.Survived ? string.Create(CultureInfo.InvariantCulture, $"not within {limit} schedules")
                : $"{answer.Outcome}: {answer.Detail}";
            report.Add(LayerNames.Simulator, mutant.Rule, mutant.Name, answer.Outcome != TestOutcome.Refused, result);
        }

        var noticed = counts.Where(static mutant => mutant.Count is not null).Select(static mutant => mutant.Count!.Value).ToList();
        var median = counts.Count == 0 ? null : counts[counts.Count / 2].Count;
        report.Add(LayerNames.Simulator, string.Empty, "the mutant in the middle is noticed", median is not null, string.Create(
            CultureInfo.InvariantCulture,
            $"after {median} schedules; {noticed.Count} of {counts.Count} are noticed within {limit}, the last one after {noticed.LastOrDefault()}"));
    }

    /// <summary>The number of schedules up to the one that failed; null: none did, or the process broke down in one that is not known.</summary>
    private static int? CountOf(TestAnswer answer) =>
        answer.Outcome is TestOutcome.Killed or TestOutcome.Hung ? int.Parse(answer.Name.Split(' ')[1], CultureInfo.InvariantCulture) + 1 : null;
}
