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
        var futures = new List<Future<WordCounts>>();
        try
        {
            Submit(client, folder.Files, futures);
            for (var done = 0; done < futures.Count - 1; done++)
            {
                await futures[done].GetExceptionAsync(cancellationToken); // If one failed, the last one will say so.
                futures[done].Dispose(); // Tasks that need the value still have it; this program doesn't.
                progress?.Report(new JobProgress(done + 1, futures.Count));
            }

            var counts = futures is [.., var last] ? await last.AsTask(cancellationToken) : WordCounts.Empty;
            progress?.Report(new JobProgress(futures.Count, futures.Count));
            return new JobResult(counts.WithProblems(folder.Problems), futures.Count, watch.Elapsed);
        }
        finally
        {
            client.Release(futures); // After an error or Ctrl+C: what hasn't run needn't.
        }
    }

    /// <summary>Submits all tasks. The last one's value is the result.</summary>
    private static void Submit(Client client, IReadOnlyList<IReadOnlyList<FilePart>> files, List<Future<WordCounts>> futures)
    {
        Future<WordCounts>[] parts = client.Map(WordCounter.Count, files.SelectMany(file => file));
        futures.AddRange(parts);

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

        // Futures are the inputs of the next task: their values go from worker to worker, not through this program.
        Future<WordCounts> Combine(Func<IReadOnlyList<WordCounts>, WordCounts> function, Future<WordCounts>[] inputs)
        {
            if (inputs is [var only])
            {
                return only;
            }

            var sum = client.Submit(function, inputs);
            futures.Add(sum);
            return sum;
        }
    }
}
