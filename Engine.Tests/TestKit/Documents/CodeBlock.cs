namespace Engine.Tests.TestKit;

/// <summary>A fenced block of a Markdown file.</summary>
/// <param name="File">The file, relative to the repository.</param>
/// <param name="Line">The line of the fence, from 1.</param>
/// <param name="Language">What follows the fence's opening.</param>
/// <param name="Text">The lines between the fences.</param>
internal sealed record CodeBlock(string File, int Line, string Language, string Text)
{
    private const string Fence = "```";

    /// <summary>The blocks of a file, in order.</summary>
    public static IEnumerable<CodeBlock> Of(string file)
    {
        var lines = RepositoryRoot.ReadText(file).Split('\n');
        for (var start = 0; start < lines.Length; start++)
        {
            if (lines[start].StartsWith(Fence, StringComparison.Ordinal))
            {
                var end = Array.IndexOf(lines, Fence, start + 1);
                Assert.True(end > 0, $"{file}:{start + 1}: the block has no end.");
                yield return new CodeBlock(file, start + 1, lines[start][Fence.Length..], string.Join('\n', lines[(start + 1)..end]));
                start = end;
            }
        }
    }
}
