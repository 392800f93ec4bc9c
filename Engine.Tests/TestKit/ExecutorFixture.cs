using Engine.Plugins;
using System.Threading.Channels;
using Engine.Collections;
using Engine.Protocol;
using Engine.Tasks;
using Engine.Workers.Execution;
using Engine.Workers.Machine;

namespace Engine.Tests.TestKit;

/// <summary>An executor without a worker: runs functions and gives their results to the test.</summary>
internal sealed class ExecutorFixture : IExecutionHost, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Channel<ExecutionResult> _results = Channel.CreateUnbounded<ExecutionResult>();
    private readonly Channel<bool> _asked = Channel.CreateUnbounded<bool>();
    private int _number;

    public ExecutorFixture(int slots = 1) => Executor = new TaskExecutor(slots, this, TimeProvider.System, TakeResults);

    public TaskExecutor Executor { get; }

    /// <summary>How often a function asked for its slot back.</summary>
    public int AskedCount { get; private set; }

    public WorkerAddress Self { get; } = new(new WorkerId(1), "inproc://executor", "executor");

    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>();

    public IServiceProvider? Services => null;

    public Client Client => throw new NotSupportedException("Tests that need a client use a cluster.");

    /// <summary>Hands functions out as one run.</summary>
    public void Run(params TaskWork[] works)
    {
        var run = BatchPool<ExecutionRun>.Get();
        foreach (var work in works)
        {
            run.Add(new WorkerTask
            {
                Key = new TaskKey(new ClientId(1), _number++),
                Count = 1,
                Attempt = 1,
                Work = work,
                State = WorkerTaskState.Executing,
            });
        }

        Executor.Execute(run);
    }

    public void Run(Func<int> function) => Run(new Call<int>(function));

    public void Run(Func<TaskContext, int> function) => Run(new CallWithContext<int>(function));

    public void Run(Func<TaskContext, Task<int>> function) => Run(new TaskCallWithContext<int>(function));

    public async Task<int> NextResultAsync()
    {
        var result = await _results.Reader.ReadAsync().AsTask().Within("a function ends");
        Assert.Null(result.Error);
        return result.Value.Get<int>();
    }

    /// <summary>Waits until a function asks for its slot back.</summary>
    public Task SlotAskedAsync() => _asked.Reader.ReadAsync().AsTask().Within("a function asks for its slot");

    public void LogEvent(string topic, object? content)
    {
    }

    public void PluginFailed(WorkerPlugin plugin, string hook, Exception exception) => throw new InvalidOperationException(hook, exception);

    public void Entered(TaskContext context)
    {
    }

    public void Left(TaskContext context)
    {
    }

    public void Secede(TaskContext context) => Executor.LeaveSlot(context);

    public void TimeLimitReached(TaskContext context)
    {
    }

    public Task AcquireSlotAsync()
    {
        var slot = Executor.Slots.AcquireAsync();
        AskedCount++;
        _asked.Writer.TryWrite(true);
        return slot;
    }

    public void ReleaseSlot() => Executor.ReleaseSlot();

    public async ValueTask DisposeAsync()
    {
        Executor.Close();
        await Executor.Ended.Within($"end of {Executor.LiveLaneCount} lanes");
        Assert.Equal(0, Executor.LiveLaneCount);
    }

    private void TakeResults()
    {
        lock (_gate) // Lanes call it; the executor wants one reader.
        {
            Executor.TakeResults(_results.Writer, static (results, result) => results.TryWrite(result));
        }
    }
}
