using System.Diagnostics;
using System.Globalization;
using Engine.Nannies;
using Engine.Nannies.Processes;
using Engine.Plugins.Transports;

namespace Engine.Tests.TestKit.Processes;

/// <summary>
/// Starts worker processes with probes in them. All of them, and all that they start, have a variable by which they are found: when
/// it is disposed it gives up the starts that are under way, and makes sure that none of them lives.
/// </summary>
internal sealed class ProbeFixture : IAsyncDisposable
{
    private const string MarkVariable = "ENGINE_PROBE_MARK";
    private static int s_number;
    private readonly CancellationTokenSource _isOver = new();
    private readonly List<Task> _starts = [];
    private readonly string _mark = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{Interlocked.Increment(ref s_number)}");

    /// <summary>What nannies were told of closing workers, in order.</summary>
    public List<(CloseReason Reason, string Detail)> Told { get; } = [];

    /// <summary>A launcher of probes.</summary>
    /// <param name="change">Changes the place.</param>
    public static ProcessWorkerLauncher Launcher(Func<ProcessPlace, ProcessPlace> change) => new(
        change(new ProcessPlace("probe://scheduler", new TransportSecurity()) { HookAssembly = typeof(ProbeBody).Assembly.Location }),
        new WorkerOptions { Name = "probe" });

    /// <summary>The variables of a process that does what a probe can.</summary>
    public Dictionary<string, string> Variables(string probe) => new(StringComparer.Ordinal) { [ProbeBody.Variable] = probe, [MarkVariable] = _mark };

    /// <summary>Starts a process.</summary>
    public async Task<ChildProcess> StartAsync(
        string probe, Func<ProcessPlace, ProcessPlace>? change = null, Dictionary<string, string>? more = null, CancellationToken cancellationToken = default)
    {
        var variables = Variables(probe);
        foreach (var (name, value) in more ?? [])
        {
            variables[name] = value;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(_isOver.Token, cancellationToken);
        var starting = Launcher(change ?? (static place => place)).StartProcessAsync(new WorkerLaunch(NannyId.New(), TellAsync, null, variables), either.Token);
        lock (_starts)
        {
            _starts.Add(starting);
        }

        return await starting.Within($"start of a probe that is to {probe}");
    }

    /// <summary>Waits until a process has ended; it may be nobody's child any more.</summary>
    public static async Task EndOf(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            await found.WaitForExitAsync().Within($"end of process {process}");
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // It has ended.
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            // A test that fails while a probe starts doesn't get as far as to end it.
            await _isOver.CancelAsync();
            await Task.WhenAll(_starts).ContinueWith(static _ => { }, TaskScheduler.Default).Within("end of the starts that were given up");
            foreach (var process in Marked())
            {
                await EndOf(process); // One that was killed may just be about to end; one that was not fails the test.
            }

            Assert.Empty(Marked());
        }
        finally
        {
            Marked().ForEach(static process => ProcessGroup.Signal(process, 9));
            _isOver.Dispose();
        }
    }

    /// <summary>Processes with the variable.</summary>
    public List<int> Marked()
    {
        var text = $"{MarkVariable}={_mark}\0";
        var found = new List<int>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var process) && Environ(directory).Contains(text, StringComparison.Ordinal))
            {
                found.Add(process);
            }
        }

        return found;
    }

    private static string Environ(string directory)
    {
        try
        {
            return File.ReadAllText(Path.Combine(directory, "environ"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }

    private Task TellAsync(CloseReason reason, string detail)
    {
        lock (Told)
        {
            Told.Add((reason, detail));
        }

        return Task.CompletedTask;
    }
}
