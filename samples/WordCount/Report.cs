using System.Globalization;
using Spectre.Console;

namespace WordCount;

/// <summary>What the program prints: with a bar and a table for people, in plain lines for programs.</summary>
internal sealed class Report(CommandLine options, TextWriter output, TextWriter error, bool isInteractive)
{
    private bool IsPlain => options.All || !isInteractive;

    /// <summary>Runs the job, with a progress bar if somebody looks.</summary>
    public Task<JobResult> ShowProgressAsync(Func<IProgress<JobProgress>?, Task<JobResult>> run) =>
        IsPlain ? run(null) : AnsiConsole.Progress().AutoClear(true).StartAsync(context => run(new Bar(context.AddTask("Counting"))));

    /// <summary>Prints the words, then one line about the run. What was left out goes to the error stream.</summary>
    public void Write(JobResult result)
    {
        foreach (var problem in result.Counts.Problems)
        {
            error.WriteLine($"WordCount: left out: {problem}");
        }

        if (options.All)
        {
            WriteLines(result.Counts.ByWord());
            error.WriteLine(Summary(result)); // Not among the words, so that the output can be compared.
            return;
        }

        if (IsPlain)
        {
            WriteLines(result.Counts.Top(options.Top));
        }
        else
        {
            WriteTable(result.Counts.Top(options.Top));
        }

        output.WriteLine(Summary(result));
    }

    private static string Summary(JobResult result)
    {
        var (counts, tasks) = (result.Counts, result.TaskCount);
        var microseconds = result.Elapsed.TotalMicroseconds / Math.Max(1, tasks);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{tasks} tasks in {result.Elapsed.TotalSeconds:0.000} s, {microseconds:0.0} us a task: {counts.TotalCount} words, "
            + $"{counts.DistinctCount} different, in {counts.TextFileCount} files; {counts.BinaryFileCount} binary files left out");
    }

    private void WriteLines(IEnumerable<KeyValuePair<string, long>> words)
    {
        foreach (var (word, count) in words)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} {word}"));
        }
    }

    private static void WriteTable(IEnumerable<KeyValuePair<string, long>> words)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn(new TableColumn("count").RightAligned()).AddColumn("word");
        foreach (var (word, count) in words)
        {
            table.AddRow(count.ToString(CultureInfo.InvariantCulture), word);
        }

        AnsiConsole.Write(table);
    }

    private sealed class Bar(ProgressTask bar) : IProgress<JobProgress>
    {
        public void Report(JobProgress value)
        {
            bar.MaxValue = Math.Max(1, value.Total);
            bar.Value = value.Done;
        }
    }
}
