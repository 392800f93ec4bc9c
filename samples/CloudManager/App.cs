using Engine;

namespace CloudManager;

/// <summary>The program, from its command line to its exit code.</summary>
internal static class App
{
    public const string Help =
        """
        A cluster on a simulated cloud: it shrinks while the cloud takes its time, and the cloud takes a machine away.

        Usage: CloudManager [--fast]

          --fast    the cloud has no delays
          --help    print this text

        Exit codes: 0 nothing was lost, 1 something was, or an error, 2 bad usage, 130 interrupted.

        """;

    /// <param name="args">The command line.</param>
    /// <param name="output">Where to print; written to from several threads.</param>
    /// <param name="error">Where to print what went wrong.</param>
    /// <param name="cancellationToken">Ends the program early.</param>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        switch (args)
        {
            case [] or ["--fast"]:
                break;
            case ["--help" or "-h"]:
                output.Write(Help);
                return 0;
            default:
                error.WriteLine($"CloudManager: '{string.Join(' ', args)}' is not understood. CloudManager --help says what is.");
                return 2;
        }

        var cloud = args is ["--fast"]
            ? new CloudOptions()
            : new CloudOptions { BootTime = TimeSpan.FromMilliseconds(300), ReclaimTimeMax = TimeSpan.FromSeconds(3) };
        try
        {
            return await new Demo(cloud, output, TimeProvider.System).RunAsync(cancellationToken) ? 0 : 1;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            error.WriteLine("CloudManager: interrupted.");
            return 130;
        }
        catch (EngineException exception)
        {
            error.WriteLine($"CloudManager: {exception.Message}");
            return 1;
        }
    }
}
