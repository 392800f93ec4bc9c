using System.Runtime.InteropServices;

namespace WordCount;

/// <summary>How often each word occurs in some files, and which files were left out.</summary>
/// <remarks>Never changed once it is made: a task's result is passed by reference, so several readers may share it.</remarks>
internal sealed class WordCounts
{
    private readonly Dictionary<string, long> _counts;

    private WordCounts(Dictionary<string, long> counts, int textFileCount, int binaryFileCount, IReadOnlyList<string> problems) =>
        (_counts, TextFileCount, BinaryFileCount, Problems) = (counts, textFileCount, binaryFileCount, problems);

    /// <summary>Of no file.</summary>
    public static WordCounts Empty { get; } = new([], 0, 0, []);

    /// <summary>Of a file that has no text.</summary>
    public static WordCounts Binary { get; } = new([], 0, 1, []);

    /// <summary>Files whose words are counted.</summary>
    public int TextFileCount { get; }

    /// <summary>Files that were left out because they are binary.</summary>
    public int BinaryFileCount { get; }

    /// <summary>Why further files were left out.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>Different words.</summary>
    public int DistinctCount => _counts.Count;

    /// <summary>All words.</summary>
    public long TotalCount => _counts.Values.Sum();

    /// <summary>Of a text. Takes the dictionary over.</summary>
    public static WordCounts OfText(Dictionary<string, long> counts) => new(counts, 1, 0, []);

    /// <summary>Of a file that can't be read.</summary>
    public static WordCounts Unreadable(string problem) => new([], 0, 0, [problem]);

    /// <summary>Puts the parts of one file together. If one part isn't text, the file isn't.</summary>
    public static WordCounts OfFile(IReadOnlyList<WordCounts> parts) =>
        parts.FirstOrDefault(part => part.TextFileCount == 0) ?? OfText(AddUp(parts));

    /// <summary>Adds the counts of different files up.</summary>
    public static WordCounts OfFiles(IReadOnlyList<WordCounts> files) => new(
        AddUp(files),
        files.Sum(file => file.TextFileCount),
        files.Sum(file => file.BinaryFileCount),
        [.. files.SelectMany(file => file.Problems)]);

    /// <summary>The same counts, with more that was left out.</summary>
    public WordCounts WithProblems(IReadOnlyList<string> problems) => new(_counts, TextFileCount, BinaryFileCount, [.. problems, .. Problems]);

    /// <summary>The most frequent words; of equally frequent ones the first in the alphabet.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Top(int count) =>
        [.. _counts.OrderByDescending(word => word.Value).ThenBy(word => word.Key, StringComparer.Ordinal).Take(count)];

    /// <summary>All words, in the order of the alphabet.</summary>
    public IEnumerable<KeyValuePair<string, long>> ByWord() => _counts.OrderBy(word => word.Key, StringComparer.Ordinal);

    private static Dictionary<string, long> AddUp(IReadOnlyList<WordCounts> all)
    {
        var largest = all.MaxBy(counts => counts.DistinctCount)!;
        var sum = new Dictionary<string, long>(largest._counts, StringComparer.Ordinal);
        foreach (var (word, count) in all.Where(counts => counts != largest).SelectMany(counts => counts._counts))
        {
            CollectionsMarshal.GetValueRefOrAddDefault(sum, word, out _) += count;
        }

        return sum;
    }
}
