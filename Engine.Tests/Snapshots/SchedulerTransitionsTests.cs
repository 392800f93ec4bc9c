using System.Text.RegularExpressions;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit;
using VerifyXunit;

namespace Engine.Tests.Snapshots;

/// <summary>The transitions of a task at the scheduler: a change of the table shows in the snapshot, and has to be told in the document.</summary>
[UsesVerify]
public sealed class SchedulerTransitionsTests
{
    private static readonly Regex s_row = new(@"^\| `(\w+)` → `(\w+)` \|", RegexOptions.Multiline);

    [Fact]
    public async Task Table() => await Verifier.Verify(string.Join('\n', Allowed()));

    [Fact]
    public void The_document_has_a_line_for_each_transition_and_no_other()
    {
        var described = s_row.Matches(RepositoryRoot.ReadText("docs/scheduler-states.md")).Select(row => $"{row.Groups[1].Value} → {row.Groups[2].Value}");
        Assert.Equal(Allowed().Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_document_has_a_line_for_each_state()
    {
        var document = RepositoryRoot.ReadText("docs/scheduler-states.md");
        Assert.All(Enum.GetNames<SchedulerTaskState>(), state => Assert.Contains($"| `{state}` |", document, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Allowed() =>
        from start in Enum.GetValues<SchedulerTaskState>()
        from finish in Enum.GetValues<SchedulerTaskState>()
        where SchedulerTransitions.IsAllowed(start, finish)
        select $"{start} → {finish}";
}
