namespace Engine.Tests.TestKit;

/// <summary>Compares a text with a <c>.verified.txt</c> file; a difference is written to <c>.received.txt</c> beside it.</summary>
internal static class SnapshotFile
{
    public static bool Recording { get; } = Environment.GetEnvironmentVariable("ENGINE_UPDATE_SNAPSHOTS") == "1";

    /// <param name="path">The path without <c>.verified.txt</c>.</param>
    /// <param name="text">What the test produced.</param>
    /// <param name="record">Whether to accept the text as it is.</param>
    public static void Compare(string path, string text, bool record)
    {
        var (verified, received) = ($"{path}.verified.txt", $"{path}.received.txt");
        text = Normalize(text);

        if (record)
        {
            File.WriteAllText(verified, text);
            File.Delete(received);
            return;
        }

        var expected = File.Exists(verified) ? Normalize(File.ReadAllText(verified)) : null;
        if (expected == text)
        {
            File.Delete(received);
            return;
        }

        // A mutated engine differs on purpose: its answers are of no use to anybody.
        if (Environment.GetEnvironmentVariable("ENGINE_MUTATION") != "1")
        {
            File.WriteAllText(received, text);
        }

        var name = Path.GetFileName(path);
        Assert.Fail(
            $"Snapshot {name} {(expected is null ? "has no .verified.txt" : FirstDifference(expected, text))}. Compare it with {name}.received.txt; " +
            "if the new text is right, record it with ENGINE_UPDATE_SNAPSHOTS=1 and review the change.");
    }

    private static string Normalize(string text) => text.ReplaceLineEndings("\n").TrimEnd('\n');

    private static string FirstDifference(string expected, string text)
    {
        var (before, after) = (expected.Split('\n'), text.Split('\n'));
        var line = before.Zip(after).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"differs at line {line + 1}: expected '{before.ElementAtOrDefault(line)}', got '{after.ElementAtOrDefault(line)}'";
    }
}
