using System.Reflection;
using System.Text.RegularExpressions;
using Engine.Tests.TestKit;

namespace Engine.Tests.Documentation;

/// <summary>The page of scenarios names the test that proves each: a test that is renamed or removed shows here.</summary>
public sealed class ScenariosTests
{
    private const string Page = "docs/scenarios.md";
    private const string Rest = "## Still to be tested on a running cluster";

    private const string Stories = "## Stories of the most important scenarios";

    /// <summary>The numbers of the scenarios that have priority P0 in the catalogue that they come from.</summary>
    private const string MostImportant =
        "001 002 003 004 005 006 007 008 009 010 011 012 014 020 021 026 027 031 032 033 034 040 041 043 044 045 046 048 050 054 "
        + "055 058 070 074 075 076 077 079 082 087 090 110 111 112 115 116 117 121 122 140 176 177 178 179 180 182 183 184 188 200 "
        + "201 212 220 221 222 223 230 231 244 260 261 267 270 310 311 312 313 315 316 318";

    private static readonly Regex s_test = new(@"`(\w+(?:Tests|Scenarios|Stories))\.(\w+)`");
    private static readonly Regex s_story = new(@"^\| (?<ids>T-[^|]+) \| (?<told>[^|]*) \|$", RegexOptions.Multiline);
    private static readonly Regex s_number = new(@"(?:^|_)T(\d{3})");
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
    public void Each_of_the_most_important_scenarios_has_one_row_with_its_story_or_test()
    {
        var page = Proved();
        var rows = s_story.Matches(page[page.IndexOf(Stories, StringComparison.Ordinal)..]);
        var told = rows.SelectMany(static row => row.Groups["ids"].Value.Split(", ")).Order(StringComparer.Ordinal);

        Assert.Equal(MostImportant.Split(' ').Select(static number => $"T-{number}"), told);
        Assert.All(rows, static row => Assert.True(
            s_test.IsMatch(row.Groups["told"].Value) || row.Groups["told"].Value.StartsWith("Not built", StringComparison.Ordinal), $"{row.Groups["ids"].Value} has neither."));
    }

    [Fact]
    public void Each_story_of_a_scenario_is_in_its_row()
    {
        var page = Proved();
        var rows = s_story.Matches(page[page.IndexOf(Stories, StringComparison.Ordinal)..]);
        var stories = typeof(ScenariosTests).Assembly.GetTypes().Where(static type => type.Name.EndsWith("Stories", StringComparison.Ordinal))
            .SelectMany(static type => type.GetMethods()).Select(static method => method.Name).Where(static name => s_number.IsMatch(name)).ToList();

        Assert.NotEmpty(stories);
        Assert.All(stories, story => Assert.All(s_number.Matches(story), number => Assert.Contains(
            rows, row => row.Groups["ids"].Value.Contains($"T-{number.Groups[1].Value}", StringComparison.Ordinal) && row.Groups["told"].Value.Contains($".{story}`", StringComparison.Ordinal))));
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
