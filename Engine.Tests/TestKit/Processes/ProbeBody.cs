using System.Collections;
using System.Diagnostics;
using System.Globalization;
using Engine.Nannies;
using Engine.Nannies.Processes;
using Engine.Workers;

namespace Engine.Tests.TestKit.Processes;

/// <summary>
/// What a worker process of a test does instead of being a worker: what the variable says, one word and its argument. What a test
/// is to know it says where a worker says its address.
/// </summary>
internal sealed class ProbeBody : IWorkerProcessBody
{
    /// <summary>The variable.</summary>
    public const string Variable = "ENGINE_PROBE";

    /// <summary>The incarnation that a probe says it has.</summary>
    public const long Number = 7;

    private static readonly List<byte[]> s_kept = [];

    public async Task<IProcessedWorker> StartAsync(LaunchDocument launch, INannyLine nanny)
    {
        var words = launch.Environment[Variable].Split(' ', 2);
        var argument = words.Length > 1 ? words[1] : string.Empty;
        var number = int.TryParse(argument, CultureInfo.InvariantCulture, out var parsed) ? parsed : 0;
        var worker = new Probe(nanny);
        switch (words[0])
        {
            case "exit":
                Environment.Exit(number);
                break;
            case "signal":
                ProcessGroup.Signal(Environment.ProcessId, number);
                await Never();
                break;
            case "refuse":
                throw new WorkerRefusedException(argument);
            case "throw":
                throw new InvalidOperationException(argument);
            case "hang":
                await Never();
                break;
            case "hold":
                Hold.Wait(argument);
                break;
            case "ignore-stop":
                worker.IgnoresStop = true;
                break;
            case "allocate":
                s_kept.Add(Allocate(number));
                break;
            case "spawn":
                worker.Address = Spawn();
                break;
            case "parent":
                worker.Address = await StartChildAsync(launch);
                break;
            case "hold-pool":
                HoldPool();
                break;
            case "environment":
                worker.Address = await ReadEnvironmentAsync();
                break;
            case "then-exit":
                worker.WhenReady = () => Environment.Exit(number);
                break;
            case "then-signal":
                worker.WhenReady = () => ProcessGroup.Signal(Environment.ProcessId, number);
                break;
            case "then-close":
                worker.WhenReady = () => worker.Stop(Enum.Parse<CloseReason>(argument), "the probe closes");
                break;
            case "close-then-exit":
                worker.WhenReady = () => _ = CloseAsync();
                break;
        }

        return worker;

        async Task CloseAsync()
        {
            await nanny.TellClosingAsync(CloseReason.LifetimeRestart, "the probe closes");
            Environment.Exit(number);
        }
    }

    private static Task Never() => new TaskCompletionSource().Task;

    private static byte[] Allocate(int megabytes)
    {
        var bytes = new byte[megabytes << 20];
        for (var i = 0; i < bytes.Length; i += 4096)
        {
            bytes[i] = 1; // Memory that isn't touched isn't there.
        }

        return bytes;
    }

    private static string Spawn()
    {
        using var child = Process.Start("sleep", "1000");
        return child.Id.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Starts a worker process of its own, whose pool is held.</summary>
    private static async Task<string> StartChildAsync(LaunchDocument launch)
    {
        var variables = new Dictionary<string, string>(launch.Environment) { [Variable] = "hold-pool" };
        var child = await ProbeFixture.Launcher(static place => place)
            .StartProcessAsync(new WorkerLaunch(NannyId.New(), static (_, _) => Task.CompletedTask, null, variables), CancellationToken.None);
        return child.ProcessId.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Nothing gets through the pool any more, as when functions block all its threads.</summary>
    private static void HoldPool()
    {
        ThreadPool.SetMaxThreads(Environment.ProcessorCount, Environment.ProcessorCount);
        for (var i = 0; i < Environment.ProcessorCount * 4; i++)
        {
            ThreadPool.QueueUserWorkItem(static _ => new ManualResetEventSlim().Wait());
        }
    }

    /// <summary>The variables that a process started here has.</summary>
    private static async Task<string> ReadEnvironmentAsync()
    {
        using var child = Process.Start(new ProcessStartInfo("env") { RedirectStandardOutput = true })!;
        var text = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        var own = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(static entry => $"own {entry.Key}={entry.Value}");
        return $"{text}{string.Join('\n', own)}";
    }

    private sealed class Probe(INannyLine nanny) : IProcessedWorker
    {
        private readonly TaskCompletionSource<(WorkerEnd End, Status Status)> _ended = new();
        private int _isStopping;

        public WorkerId Id { get; } = new(Number);

        public string Address { get; set; } = "probe://";

        public bool IgnoresStop { get; set; }

        public Action? WhenReady { get; set; }

        public Task<(WorkerEnd End, Status Status)> Ended
        {
            get
            {
                WhenReady?.Invoke(); // Asked for once, when the nanny knows that it is ready.
                return _ended.Task;
            }
        }

        public void Stop(CloseReason reason, string detail)
        {
            if (!IgnoresStop && Interlocked.Exchange(ref _isStopping, 1) == 0)
            {
                _ = StopAsync(reason, detail);
            }
        }

        private async Task StopAsync(CloseReason reason, string detail)
        {
            await nanny.TellClosingAsync(reason, detail);
            _ended.TrySetResult((new WorkerEnd(reason, detail), Status.Closed));
        }
    }
}
