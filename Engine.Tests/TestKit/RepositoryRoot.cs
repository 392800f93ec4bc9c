namespace Engine.Tests.TestKit;

/// <summary>Where the repository is and which files it has.</summary>
internal static class RepositoryRoot
{
    private static readonly HashSet<string> Generated =
        [".git", ".vs", ".vscode", ".idea", "artifacts", "bin", "obj", "TestResults", "StrykerOutput", "BenchmarkDotNet.Artifacts"];

    /// <summary>The folder of engine.sln, found upwards from the test assembly (a caller's file path may be a made-up one).</summary>
    public static string Folder { get; } = Find();

    /// <summary>Every file that is or could be committed, as a path with slashes relative to the root, in ordinal order.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. List(new DirectoryInfo(Folder)).Order(StringComparer.Ordinal)];

    public static string FullPath(string relativePath) => Path.Combine(Folder, relativePath);

    public static string ReadText(string relativePath) => File.ReadAllText(FullPath(relativePath));

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "engine.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No engine.sln in or above {AppContext.BaseDirectory}: run the tests from inside the repository.");
    }

    private static IEnumerable<string> List(DirectoryInfo folder)
    {
        var files = folder.EnumerateFiles()
            .Where(file => !file.Name.Contains(".received.", StringComparison.Ordinal) && !Generated.Contains(file.Name)) // .git is a file in a worktree.
            .Select(file => Path.GetRelativePath(Folder, file.FullName).Replace('\\', '/'));
        return files.Concat(folder.EnumerateDirectories().Where(child => !Generated.Contains(child.Name)).SelectMany(List));
    }
}
