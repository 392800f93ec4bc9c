using System.Diagnostics;
using System.Globalization;
using System.Text;
using Engine.Nannies.Processes;
using Engine.Tests.TestKit.Networks;

namespace Engine.Tests.TestKit.Processes;

/// <summary>The command <c>engine</c> as a user runs it: a process of its own.</summary>
internal sealed class EngineCommand : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private EngineCommand(Process process) => (_process, _errors) = (process, process.StandardError.ReadToEndAsync());

    /// <summary>Runs a command to its end.</summary>
    /// <returns>Its exit code, what it printed, and its errors.</returns>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        await using var command = Start(arguments);
        var output = await command._process.StandardOutput.ReadToEndAsync().Within($"the output of engine {arguments[0]}");
        return (await command.EndAsync(), output, await command._errors);
    }

    /// <summary>Starts a command that goes on.</summary>
    public static EngineCommand Start(params string[] arguments) => Start("dotnet", [], arguments);

    /// <summary>Starts a command that goes on, on another host.</summary>
    public static EngineCommand StartOn(NetworkHost host, params string[] arguments) =>
        Start("ip", ["netns", "exec", host.Namespace!, "dotnet"], arguments); // This process's own host is not another.

    private static EngineCommand Start(string file, string[] before, string[] arguments)
    {
        var start = new ProcessStartInfo(file, [.. before, Path.Combine(AppContext.BaseDirectory, "Engine.Host.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new EngineCommand(Process.Start(start)!); // It is executed, so there is one.
    }

    /// <summary>Reads on until a line begins as given; gives the rest of it.</summary>
    public async Task<string> NextAsync(string beginning)
    {
        var seen = new StringBuilder();
        while (await _process.StandardOutput.ReadLineAsync().Within($"a line that begins with \"{beginning}\"") is { } line)
        {
            if (line.StartsWith(beginning, StringComparison.Ordinal))
            {
                return line[beginning.Length..];
            }

            seen.AppendLine(line);
        }

        throw new InvalidOperationException($"No line begins with \"{beginning}\". It printed: {seen}{await _errors}");
    }

    /// <summary>Asks it to end, as a host does.</summary>
    public void Terminate() => Assert.True(ProcessGroup.Signal(_process.Id, 15)); // SIGTERM

    /// <summary>Ends it as a power cut does: nobody is told.</summary>
    public void Kill() => Assert.True(ProcessGroup.Signal(_process.Id, 9)); // SIGKILL

    /// <summary>The processes that it has started and that live.</summary>
    public List<int> Children()
    {
        var parent = $"\nPPid:\t{_process.Id}\n";
        return [.. Directory.EnumerateDirectories("/proc").Where(directory => ReadStatus(directory).Contains(parent, StringComparison.Ordinal))
            .Select(static directory => int.Parse(Path.GetFileName(directory), CultureInfo.InvariantCulture))];
    }

    /// <summary>Waits for its end; gives its exit code.</summary>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync().Within("the end of a command");
        return _process.ExitCode;
    }

    private static string ReadStatus(string directory)
    {
        try
        {
            return int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out _) ? File.ReadAllText(Path.Combine(directory, "status")) : string.Empty;
        }
        catch (IOException)
        {
            return string.Empty; // It has ended.
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync().Within("the end of a command that was killed");
        }

        _process.Dispose();
    }
}
