using System.Text.RegularExpressions;
using Engine.Tests.TestKit;

namespace Engine.Tests.Documentation;

/// <summary>What the documentation shows is so: its C# compiles, its program prints what it says, its links lead somewhere.</summary>
[Collection(nameof(ConsoleUsers))]
public sealed class ReadmeTests
{
    private static readonly Regex s_link = new(@"\]\((?!https?:|#)([^)#\s]+)");

    public static TheoryData<string> Documents => [.. RepositoryRoot.Files.Where(file => file.EndsWith(".md", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Code_in_a_document_compiles(string document)
    {
        var errors = CodeBlock.Of(document).Where(block => block.Language == "csharp").SelectMany(ExampleCompiler.Errors).ToList();
        Assert.True(errors.Count == 0, string.Join('\n', errors));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Links_in_a_document_lead_to_something(string document)
    {
        var folder = Path.GetDirectoryName(RepositoryRoot.FullPath(document))!; // Not null: it is a path of a file.
        var broken = s_link.Matches(RepositoryRoot.ReadText(document))
            .Select(match => match.Groups[1].Value)
            .Where(target => !Path.Exists(Path.Combine(folder, target)));
        Assert.Empty(broken);
    }

    [Fact]
    public async Task The_example_of_the_readme_prints_what_the_readme_says()
    {
        var blocks = CodeBlock.Of("README.md").ToList();
        var example = blocks.FindIndex(block => block.Language == "csharp");
        Assert.True(blocks[example].Text.Split('\n').Length <= 25, "An example that is to be read at once has some 20 lines.");
        Assert.Equal(blocks[example + 1].Text + "\n", await ExampleCompiler.RunAsync(blocks[example]));
    }

    [Theory]
    [InlineData("class C { Unknown x; }", 3)]
    [InlineData("var x = await client.Submit(() => 1);\nint y = \"text\";", 4)]
    [InlineData("using System.Text;\nvar x = new Engine.Runtime.Mailbox();", 4)]
    public void An_error_is_found_where_it_is(string code, int line)
    {
        var error = Assert.Single(ExampleCompiler.Errors(new CodeBlock("page.md", 2, "csharp", code)));
        Assert.StartsWith($"page.md:{line}: ", error, StringComparison.Ordinal);
    }

    /// <summary>Tests that read the console, which the whole process shares.</summary>
    [CollectionDefinition(nameof(ConsoleUsers), DisableParallelization = true)]
    public sealed class ConsoleUsers;
}
