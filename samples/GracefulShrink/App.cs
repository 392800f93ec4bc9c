using Engine;

namespace GracefulShrink;

/// <summary>The program, from its command line to its exit code.</summary>
internal static class App
{
    private const int Success = 0;
    private const int Failure = 1;
    private const int BadUsage = 2;
    private const int Interrupted = 130; // What a shell expects after Ctrl+C.

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            var options = ShrinkOptions.Parse(args);
            if (options.ShowHelp)
            {
                output.Write(ShrinkOptions.Help);
                return Success;
            }

            var result = await new Shrink(options, time).RunAsync(cancellationToken);
            result.Write(options, output);
            return result.IsGraceful ? Success : Failure;
        }
        catch (UsageException exception)
        {
            error.WriteLine($"GracefulShrink: {exception.Message}");
            return BadUsage;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            error.WriteLine("GracefulShrink: interrupted.");
            return Interrupted;
        }
        catch (EngineException exception)
        {
            error.WriteLine($"GracefulShrink: {exception.Message}");
            return Failure;
        }
    }
}
