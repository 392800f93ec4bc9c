using System.Diagnostics;
using System.Globalization;
using System.Text;
using Engine.Tests.TestKit;
using WordCount;

namespace Engine.Tests.Samples;

/// <summary>The sample counts what a shell's tools count, and says what is wrong with its arguments.</summary>
public sealed class WordCountTests : IDisposable
{
    // The program's definition of a word and of a text file, in the words of other programs.
    private const string Pipeline =
        """
        export LC_ALL=C
        find . -mindepth 1 -type d \( -name .git -o -name artifacts -o -name bin -o -name obj -o -name node_modules \) -prune -o -type f -print0 |
        while IFS= read -r -d '' file; do
          if [ "$(tr -dc '\000' < "$file" | head -c 1 | wc -c)" -eq 0 ]; then tr -c 'A-Za-z' '\n' < "$file"; echo; fi
        done | tr A-Z a-z | grep . | sort | uniq -c | sed 's/^ *//'
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("engine-wordcount-");

    public void Dispose() => _folder.Delete(recursive: true);

    [BashFact]
    public async Task Counts_are_those_of_tr_sort_and_uniq()
    {
        CopySources();
        WriteOddFiles();
        var expected = await RunBashAsync(Pipeline);

        var (code, output, error) = await RunAsync(_folder.FullName, "--all", "--workers", "2");

        Assert.Equal(0, code);
        Assert.True(expected.Split('\n').Length > 1000, "The shell has counted too little to compare with.");
        Assert.Equal(expected, output);
        Assert.DoesNotContain("left out:", error, StringComparison.Ordinal);
        Assert.Contains("2 binary files left out", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task However_files_are_cut_the_counts_are_the_same(int partBytes)
    {
        Write("a.txt", "The cat; the dog,the\ncat's tail");
        Write("b.txt", new string('x', 20));
        Write("binary", "words before\0and after");

        var result = await CountAsync(partBytes);

        Assert.Equal(
            ["2 cat", "1 dog", "1 s", "1 tail", "3 the", $"1 {new string('x', 20)}"],
            result.Counts.ByWord().Select(word => $"{word.Value} {word.Key}"));
        Assert.Equal((2, 1), (result.Counts.TextFileCount, result.Counts.BinaryFileCount));
    }

    [Fact]
    public async Task The_result_of_hundreds_of_files_is_added_up_in_a_tree()
    {
        for (var i = 0; i < 200; i++)
        {
            Write($"{i}.txt", "one two two");
        }

        var result = await CountAsync(FilePart.DefaultBytes);

        Assert.Equal([KeyValuePair.Create("two", 400L), KeyValuePair.Create("one", 200L)], result.Counts.Top(2));
        Assert.Equal(200 + 25 + 3 + 1, result.TaskCount); // The 25th sum of the second level is passed on as it is.
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_named_and_left_out()
    {
        Write("stays.txt", "word");
        Write("goes.txt", "other");
        var content = TextFolder.Read(_folder.FullName, FilePart.DefaultBytes);
        File.Delete(Path.Combine(_folder.FullName, "goes.txt"));

        var result = await CountAsync(content);

        Assert.Equal("word", Assert.Single(result.Counts.ByWord()).Key);
        Assert.Contains("goes.txt", Assert.Single(result.Counts.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Progress_ends_with_all_tasks()
    {
        Write("a.txt", "a");
        Write("b.txt", "b");
        var progress = new LastProgress();

        await CountAsync(TextFolder.Read(_folder.FullName, FilePart.DefaultBytes), progress);

        Assert.Equal(new JobProgress(3, 3), progress.Last);
    }

    [Fact]
    public async Task An_empty_folder_has_no_words()
    {
        var (code, output, _) = await RunAsync(_folder.FullName);
        Assert.Equal(0, code);
        Assert.StartsWith("0 tasks in ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_most_frequent_words_are_printed_in_plain_lines_and_then_the_run()
    {
        Write("a.txt", "b a a c c c");
        var (_, output, error) = await RunAsync(_folder.FullName, "--top", "2", "--workers", "1", "--threads", "2");
        var lines = output.Split('\n');
        Assert.Equal(["3 c", "2 a"], lines[..2]);
        Assert.Matches(@"^1 tasks in [0-9.]+ s, [0-9.]+ us a task: 6 words, 3 different, in 1 files; 0 binary files left out$", lines[2]);
        Assert.Equal(string.Empty, error);
    }

    [Theory]
    [InlineData("no option '--fast'", "--fast")]
    [InlineData("--top needs a number", "--top")]
    [InlineData("from 1 to", "--workers", "0")]
    [InlineData("not 'many'", "--threads", "many")]
    [InlineData("One folder at a time", ".", "..")]
    [InlineData("no folder 'no-such-folder'", "no-such-folder")]
    [InlineData("no folder ''", "")]
    public async Task Bad_usage_ends_with_2_and_a_message(string message, params string[] args)
    {
        var (code, output, error) = await RunAsync(args);
        Assert.Equal((2, string.Empty), (code, output));
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_in_place_of_a_folder_is_bad_usage()
    {
        Write("a.txt", "a");
        var (code, _, error) = await RunAsync(Path.Combine(_folder.FullName, "a.txt"));
        Assert.Equal(2, code);
        Assert.Contains("is a file", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_names_every_option()
    {
        var (code, output, _) = await RunAsync("--help");
        Assert.Equal(0, code);
        Assert.All(["--workers", "--threads", "--top", "--all", "--help"], option => Assert.Contains(option, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_interrupted_run_ends_with_130()
    {
        Write("a.txt", "a");
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        using var error = new StringWriter();
        Assert.Equal(130, await App.RunAsync([_folder.FullName], TextWriter.Null, error, isInteractive: false, stop.Token));
    }

    [Fact]
    public void Without_a_folder_it_is_this_repository() =>
        Assert.True(File.Exists(Path.Combine(TextFolder.Locate(null), "engine.sln")));

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = await App.RunAsync(args, output, error, isInteractive: false, CancellationToken.None).Within("the program");
        return (code, output.ToString(), error.ToString());
    }

    private Task<JobResult> CountAsync(int partBytes) => CountAsync(TextFolder.Read(_folder.FullName, partBytes));

    private static async Task<JobResult> CountAsync(FolderContent content, IProgress<JobProgress>? progress = null)
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2);
        return await WordCountJob.RunAsync(cluster.Client, content, progress, CancellationToken.None).Within("the job");
    }

    private void CopySources()
    {
        foreach (var file in RepositoryRoot.Files.Where(file => file.StartsWith("Engine/", StringComparison.Ordinal) || file.StartsWith("docs/", StringComparison.Ordinal)))
        {
            Write(file, File.ReadAllBytes(RepositoryRoot.FullPath(file)));
        }
    }

    private void WriteOddFiles()
    {
        Write("odd/empty.txt", string.Empty);
        Write("odd/no newline at the end.txt", "last words");
        Write("odd/next.txt", "next words");
        Write("odd/one line.txt", string.Concat(Enumerable.Repeat("a very long line ", 200_000)));
        Write("odd/one word.txt", new string('w', (2 * FilePart.DefaultBytes) + 3));
        Write("odd/no letters.txt", "1234 !?\r\n\t\n");
        Write("odd/non-ascii.txt", "na\u00efve \u0130stanbul \u212a \u4e16\u754c gro\u00df");
        Write("odd/latin-1.txt", [.. "caf"u8, 0xE9, .. " cr"u8, 0xE8, .. "me"u8]);
        Write("odd/all bytes but nul.txt", Enumerable.Range(1, 255).Select(value => (byte)value).ToArray());
        Write("odd/binary", "text before\0text after");
        Write("odd/binary at its end", [.. Encoding.ASCII.GetBytes(new string('t', FilePart.DefaultBytes) + " t "), 0]);
        Write("odd/new\nline in its name.txt", "name");
        Write("bin/skipped.txt", "skipped");
        Write("deep/.git/skipped.txt", "skipped");
        Write("deep/node_modules/deeper/skipped.txt", "skipped");
        Write("deep/binary.d/kept.txt", "kept");
        Write("obj.txt", "kept");
    }

    private void Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    private void Write(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
    }

    private async Task<string> RunBashAsync(string script)
    {
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", script])
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardOutput = true,
        })!;
        var output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        Assert.True(bash.ExitCode == 0, string.Create(CultureInfo.InvariantCulture, $"bash ended with {bash.ExitCode}"));
        return output;
    }

    private sealed class LastProgress : IProgress<JobProgress>
    {
        public JobProgress Last { get; private set; }

        public void Report(JobProgress value) => Last = value;
    }

    /// <summary>A test that needs bash; skipped, with that reason, where there is none.</summary>
    private sealed class BashFactAttribute : FactAttribute
    {
        public BashFactAttribute()
        {
            var folders = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator);
            if (!folders.Any(folder => File.Exists(Path.Combine(folder, "bash"))))
            {
                Skip = "There is no bash to compare with.";
            }
        }
    }
}
