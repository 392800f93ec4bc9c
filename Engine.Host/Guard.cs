using Engine.Nannies.Processes;

namespace Engine.Host;

/// <summary>Turns what goes wrong in a command into a sentence and an exit code.</summary>
internal static class Guard
{
    public static async Task<int> RunAsync(Func<Task<WorkerExitCode>> command)
    {
        try
        {
            return (int)await command();
        }
        catch (Exception exception) when (exception is WorkerRefusedException or TransportSecurityException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return (int)WorkerExitCode.Refused;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or NotSupportedException or FileNotFoundException or DirectoryNotFoundException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return (int)WorkerExitCode.BadUsage;
        }
        catch (Exception exception) when (exception is EngineException or IOException or OperationCanceledException or InvalidOperationException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return (int)WorkerExitCode.Failed;
        }
    }
}
