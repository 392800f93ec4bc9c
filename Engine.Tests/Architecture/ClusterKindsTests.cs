using System.Text.RegularExpressions;
using Engine.Tests.TestKit;

namespace Engine.Tests.Architecture;

/// <summary>Every test class with clusters runs on all kinds of them, or docs/testing.md says why not.</summary>
public sealed partial class ClusterKindsTests
{
    public static TheoryData<string, string> Kinds => new() { { "OverSockets", "sockets" }, { "OverProcesses", "processes" } };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_class_with_clusters_runs_on_every_kind_or_the_page_says_why_not(string suffix, string kind)
    {
        var types = typeof(ClusterKindsTests).Assembly.GetTypes().Select(static type => type.Name).ToHashSet();
        var classes = ClassesWithClusters();
        var excepted = Exceptions().Where(row => row.Kind == kind).Select(static row => row.Class).ToHashSet();
        var derived = classes.Where(name => types.Contains(name + suffix)).ToHashSet();

        Assert.NotEmpty(derived);
        Assert.Equal([], classes.Except(derived).Except(excepted).Order()); // Derive them in Engine.Tests/Over…, or give the reason in docs/testing.md.
        Assert.Equal([], excepted.Where(name => derived.Contains(name) || !classes.Contains(name)).Order()); // What the page says of them isn't so any more.
    }

    /// <summary>Classes that are in a file of their name, which starts clusters of the kind that is asked for.</summary>
    private static HashSet<string> ClassesWithClusters() =>
    [
        .. RepositoryRoot.Files
            .Where(static path => IsTest().IsMatch(path) && !IsElsewhere().IsMatch(path) && RepositoryRoot.ReadText(path).Contains("ClusterFixture.StartAsync(", StringComparison.Ordinal))
            .Select(static path => Path.GetFileNameWithoutExtension(path)),
    ];

    private static IEnumerable<(string Class, string Kind)> Exceptions() =>
        from row in Row().Matches(RepositoryRoot.ReadText("docs/testing.md"))
        from kind in row.Groups["kinds"].Value.Split(", ")
        select (row.Groups["class"].Value, kind);

    [GeneratedRegex("^Engine.Tests/.*[.]cs$")]
    private static partial Regex IsTest();

    [GeneratedRegex("/(obj|bin|TestKit|OverSockets|OverProcesses|Architecture)/")]
    private static partial Regex IsElsewhere();

    [GeneratedRegex(@"^\| `(?<class>\w+)` \| (?<kinds>sockets|processes|sockets, processes) \| \S.* \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
