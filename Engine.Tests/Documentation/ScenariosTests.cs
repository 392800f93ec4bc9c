using System.Reflection;
using System.Text.RegularExpressions;
using Engine.Tests.TestKit;

namespace Engine.Tests.Documentation;

/// <summary>The page of scenarios names the test that proves each: a test that is renamed or removed shows here.</summary>
public sealed class ScenariosTests
{
    private const string Page = "docs/scenarios.md";
    private const string Rest = "## Still to be tested on a running cluster";

    private static readonly Regex s_test = new(@"`(\w+(?:Tests|Scenarios))\.(\w+)`");
    private static readonly Regex s_row = new(@"^\| (?<id>[^|]+) \| [^|]+ \| (?<proof>[^|]*) \|$", RegexOptions.Multiline);

    [Fact]
    public void Every_test_that_the_page_names_exists()
    {
        var named = s_test.Matches(Proved()).Select(static match => (Type: match.Groups[1].Value, Method: match.Groups[2].Value)).Distinct().ToList();
        Assert.True(named.Count > 100, $"The page names only {named.Count} tests.");

        var missing = named.Where(static test => !Exists(test.Type, test.Method)).Select(static test => $"{test.Type}.{test.Method}");
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_scenario_names_a_test_or_says_why_there_is_none()
    {
        var rows = s_row.Matches(Proved()).Where(static row => !row.Groups["id"].Value.StartsWith('-') && row.Groups["id"].Value != "id").ToList();
        Assert.NotEmpty(rows);
        Assert.All(rows, static row => Assert.True(
            s_test.IsMatch(row.Value) || row.Groups["proof"].Value.Contains("part ", StringComparison.Ordinal) || row.Groups["proof"].Value.StartsWith("Not built", StringComparison.Ordinal)
                || row.Groups["proof"].Value.StartsWith("See the list", StringComparison.Ordinal),
            $"{row.Groups["id"].Value} has neither."));
    }

    [Fact]
    public void What_is_still_to_be_tested_is_not_there_yet()
    {
        var page = RepositoryRoot.ReadText(Page);
        var written = s_test.Matches(page[page.IndexOf(Rest, StringComparison.Ordinal)..])
            .Where(static match => Exists(match.Groups[1].Value, match.Groups[2].Value))
            .Select(static match => match.Value);
        Assert.Empty(written); // Move it up to its scenario.
    }

    private static string Proved()
    {
        var page = RepositoryRoot.ReadText(Page);
        var rest = page.IndexOf(Rest, StringComparison.Ordinal);
        Assert.True(rest > 0, $"The page has a part \"{Rest}\".");
        return page[..rest];
    }

    private static bool Exists(string type, string method) => typeof(ScenariosTests).Assembly.GetTypes()
        .Where(found => found.Name == type)
        .SelectMany(static found => found.GetMethods())
        .Any(found => found.Name == method && found.GetCustomAttribute<FactAttribute>() is not null);
}
