using System.Diagnostics;
using System.Globalization;
using Engine.Nannies.Processes;

namespace Engine.Tests.TestKit.Processes;

/// <summary>Clusters whose workers are processes, and what can be done to these from outside.</summary>
internal static class ProcessCluster
{
    private const int SignalKill = 9;
    private const int SignalContinue = 18;
    private const int SignalStop = 19;

    public static Task<ClusterFixture> StartAsync(int workers, Action<LocalClusterOptions>? configure = null, int threads = 1) =>
        ClusterFixture.StartAsync(workers, threads, options =>
        {
            options.Processes = true;
            options.Nannies = true;
            options.Nanny.BackOff = TimeSpan.Zero;
            configure?.Invoke(options);
        });

    /// <summary>The numbers of the processes, by the names of their workers.</summary>
    public static async Task<Dictionary<string, int>> ProcessesOfAsync(ClusterFixture cluster)
    {
        var names = (await cluster.Client.GetWorkersAsync()).Select(static worker => worker.Name).ToList();
        var asked = names.Select(name => cluster.Client.Submit(static (string _) => Environment.ProcessId, name, new SubmitOptions { Workers = [name] })).ToList();
        var numbers = await cluster.Client.GatherAsync(asked).Within("the numbers of the processes");
        return names.Zip(numbers).ToDictionary(static pair => pair.First, static pair => pair.Second);
    }

    /// <summary>Ends a process as a system without memory does.</summary>
    public static void Kill(int process) => Assert.True(ProcessGroup.Signal(process, SignalKill));

    /// <summary>From now on a process does nothing; its connections stay.</summary>
    public static void Stop(int process) => Assert.True(ProcessGroup.Signal(process, SignalStop));

    public static void Continue(int process) => Assert.True(ProcessGroup.Signal(process, SignalContinue));

    /// <summary>Worker processes of this program that live. Tests with processes come one after the other, so they are those of one test.</summary>
    public static List<int> Alive()
    {
        var found = new List<int>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var process) && IsWorker(directory))
            {
                found.Add(process);
            }
        }

        return found;
    }

    public static bool IsAlive(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return !found.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static bool IsWorker(string directory)
    {
        try
        {
            var stat = File.ReadAllText(Path.Combine(directory, "stat"));
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' '); // After the name, which may have anything in it: state and parent.
            return fields[0] != "Z"
                && int.Parse(fields[1], CultureInfo.InvariantCulture) == Environment.ProcessId
                && File.ReadAllText(Path.Combine(directory, "environ")).Contains(WorkerProcess.PipeVariable, StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // It has ended meanwhile.
        }
    }
}
