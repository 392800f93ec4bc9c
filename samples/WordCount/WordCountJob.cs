using System.Diagnostics;
using Engine;

namespace WordCount;

/// <summary>What a job has come to.</summary>
internal sealed record JobResult(WordCounts Counts, int TaskCount, TimeSpan Elapsed);

/// <summary>How far a job is.</summary>
internal readonly record struct JobProgress(int Done, int Total);

/// <summary>
/// The work as the engine sees it: a task for each part of a file, a task for each file that has several, and a tree of
/// tasks that add up, each the sums of eight others. All are submitted at once; the engine runs each when its inputs are there.
/// </summary>
internal static class WordCountJob
{
    private const int SumsPerTask = 8;

    public static async Task<JobResult> RunAsync(
        Client client, FolderContent folder, IProgress<JobProgress>? progress, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        using var scope = client.Scope(); // Gives all futures up at the end. After Ctrl+C, what hasn't run then won't.
        var futures = Submit(scope, folder.Files);
        var done = 0;
        await foreach (var future in client.AsCompleted(futures, cancellationToken))
        {
            progress?.Report(new JobProgress(++done, futures.Count));
            if (future != futures[^1])
            {
                future.Dispose(); // This program doesn't need the value, and the engine keeps it for the tasks that do.
            }
        }

        var counts = futures is [.., var total] ? await total : WordCounts.Empty;
        return new JobResult(counts.WithProblems(folder.Problems), futures.Count, watch.Elapsed);
    }

    /// <summary>Submits all tasks. The last one's value is the result.</summary>
    private static List<Future<WordCounts>> Submit(TaskSubmitter submitter, IReadOnlyList<IReadOnlyList<FilePart>> files)
    {
        Future<WordCounts>[] parts = submitter.Map(WordCounter.Count, files.SelectMany(file => file));
        var all = parts.ToList();

        var sums = new List<Future<WordCounts>>();
        var next = 0;
        foreach (var file in files)
        {
            sums.Add(Combine(WordCounts.OfFile, parts[next..(next += file.Count)]));
        }

        while (sums.Count > 1)
        {
            sums = [.. sums.Chunk(SumsPerTask).Select(group => Combine(WordCounts.OfFiles, group))];
        }

        return all;

        // Futures are the inputs of the next task: their values go from worker to worker, not through this program.
        Future<WordCounts> Combine(Func<IReadOnlyList<WordCounts>, WordCounts> function, Future<WordCounts>[] inputs)
        {
            if (inputs is [var only])
            {
                return only;
            }

            var sum = submitter.Submit(function, inputs);
            all.Add(sum);
            return sum;
        }
    }
}
