namespace WordCount;

/// <summary>The files of a folder, cut into parts, and what couldn't be read.</summary>
/// <param name="Files">The parts of each file that isn't empty, in order.</param>
/// <param name="Problems">What was left out, and why.</param>
internal sealed record FolderContent(IReadOnlyList<IReadOnlyList<FilePart>> Files, IReadOnlyList<string> Problems);

/// <summary>Finds the folder that is meant, and the files in it.</summary>
internal static class TextFolder
{
    private static readonly HashSet<string> s_skipped = new(StringComparer.Ordinal) { ".git", "artifacts", "bin", "obj", "node_modules" };

    /// <summary>The named folder, or the repository that this program belongs to.</summary>
    /// <exception cref="UsageException">There is no such folder.</exception>
    public static string Locate(string? folder)
    {
        if (folder is null)
        {
            return FindRepository(Environment.CurrentDirectory) ?? FindRepository(AppContext.BaseDirectory)
                ?? throw new UsageException($"No engine.sln in or above '{Environment.CurrentDirectory}'. Name the folder to look in.");
        }

        return Directory.Exists(folder) ? folder
            : File.Exists(folder) ? throw new UsageException($"'{folder}' is a file. Name the folder that it is in.")
            : throw new UsageException($"There is no folder '{folder}'.");
    }

    /// <summary>Lists all files under a folder, always in the same order. Links are not followed.</summary>
    /// <param name="folder">The folder; searched whatever its name.</param>
    /// <param name="partBytes">Files that are longer are cut into parts of about that length.</param>
    public static FolderContent Read(string folder, int partBytes)
    {
        var files = new List<IReadOnlyList<FilePart>>();
        var problems = new List<string>();
        var folders = new Stack<DirectoryInfo>([new DirectoryInfo(folder)]);
        while (folders.TryPop(out var next))
        {
            try
            {
                foreach (var entry in next.EnumerateFileSystemInfos().OrderBy(entry => entry.Name, StringComparer.Ordinal))
                {
                    if (entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
                    {
                        continue;
                    }

                    if (entry is DirectoryInfo child && !s_skipped.Contains(child.Name))
                    {
                        folders.Push(child);
                    }
                    else if (entry is FileInfo file)
                    {
                        AddFile(file, partBytes, files, problems);
                    }
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                problems.Add(exception.Message);
            }
        }

        return new FolderContent(files, problems);
    }

    private static void AddFile(FileInfo file, int partBytes, List<IReadOnlyList<FilePart>> files, List<string> problems)
    {
        try
        {
            // What is empty has no words; pipes and devices, which could block, are "empty" too.
            if (FilePart.Cut(file.FullName, file.Length, partBytes) is { Count: > 0 } parts)
            {
                files.Add(parts);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add(exception.Message);
        }
    }

    private static string? FindRepository(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "engine.sln")))
            {
                return folder.FullName;
            }
        }

        return null;
    }
}
