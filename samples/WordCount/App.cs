using Engine;

namespace WordCount;

/// <summary>The program, from its command line to its exit code.</summary>
internal static class App
{
    private const int Success = 0;
    private const int Failure = 1;
    private const int BadUsage = 2;
    private const int Interrupted = 130; // What a shell expects after Ctrl+C.

    public static async Task<int> RunAsync(
        string[] args, TextWriter output, TextWriter error, bool isInteractive, CancellationToken cancellationToken)
    {
        try
        {
            var options = CommandLine.Parse(args);
            if (options.ShowHelp)
            {
                output.Write(CommandLine.Help);
                return Success;
            }

            var folder = TextFolder.Locate(options.Folder);
            var report = new Report(options, output, error, isInteractive);
            await CountAsync(folder, options, report, cancellationToken);
            return Success;
        }
        catch (UsageException exception)
        {
            error.WriteLine($"WordCount: {exception.Message}");
            return BadUsage;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            error.WriteLine("WordCount: interrupted.");
            return Interrupted;
        }
        catch (EngineException exception)
        {
            error.WriteLine($"WordCount: {exception.Message}");
            return Failure;
        }
    }

    private static async Task CountAsync(string folder, CommandLine options, Report report, CancellationToken cancellationToken)
    {
        var files = TextFolder.Read(folder, FilePart.DefaultBytes);

        // A whole cluster within this process: a scheduler and some workers. It opens no socket.
        await using var cluster = await LocalCluster.StartAsync(
            new LocalClusterOptions { Workers = options.Workers, ThreadsPerWorker = options.Threads }, cancellationToken);
        await using var client = await cluster.ConnectAsync(cancellationToken: cancellationToken);

        var result = await report.ShowProgressAsync(progress => WordCountJob.RunAsync(client, files, progress, cancellationToken));
        report.Write(result);
    }
}
