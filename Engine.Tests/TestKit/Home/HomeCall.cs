using Engine.Data;
using Engine.Plugins;
using Engine.Protocol;
using Engine.Protocol.Wire;
using Engine.Tasks;
using Engine.Workers.Execution;
using Engine.Workers.Machine;

namespace Engine.Tests.TestKit.Home;

/// <summary>A function that runs at home for a worker process. What its context is asked for, that of the worker process does.</summary>
internal sealed class HomeCall(HomeLink link, long number, TaskWork work, int element, DataValue[] inputs) : IExecutionHost
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _slot;

    /// <summary>What the function has for a context, if it can ask for any.</summary>
    public TaskContext? Context { get; private set; }

    public WorkerAddress Self { get; private set; } = new(default, string.Empty, string.Empty);

    public IServiceProvider? Services => null; // A worker process can't be given any.

    public IReadOnlyDictionary<string, string> Environment { get; private set; } = new Dictionary<string, string>();

    public Client Client => HomeServer.ClientOf(Self);

    public void ReadContext(ref WireReader reader)
    {
        var (key, attempt) = (reader.Key(), reader.Int32());
        Self = new WorkerAddress(reader.Worker(), string.Empty, reader.TextNotNull());
        var variables = new Dictionary<string, string>();
        for (var left = reader.Count(); left > 0; left--)
        {
            variables[reader.TextNotNull()] = reader.TextNotNull();
        }

        Environment = variables;
        Context = new TaskContext(this, new WorkerTask { Key = key, Attempt = attempt });
    }

    /// <summary>Calls the function, without waiting for it: it may wait for the test.</summary>
    public void Start(Action ended) =>
        _ = Task.Factory.StartNew(
            () => RunAsync(ended), CancellationToken.None, work.IsAsync ? TaskCreationOptions.None : TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>The slot is there that was asked for.</summary>
    public void TakeSlot()
    {
        lock (_gate)
        {
            _slot?.TrySetResult();
            _slot = null;
        }
    }

    void IExecutionHost.Secede(TaskContext context) => link.Send(HomeWord.LeaveSlot, number);

    void IExecutionHost.ReleaseSlot() => link.Send(HomeWord.LeaveSlot, number);

    Task IExecutionHost.AcquireSlotAsync()
    {
        lock (_gate)
        {
            _slot ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            link.Send(HomeWord.TakeSlot, number);
            return _slot.Task;
        }
    }

    void IExecutionHost.LogEvent(string topic, object? content)
    {
        if (content is TaskProgress progress)
        {
            link.Send(HomeWord.Report, number, (ref WireWriter writer) => writer.Double(progress.Fraction));
        }
    }

    void IExecutionHost.PluginFailed(WorkerPlugin plugin, string hook, Exception exception) => throw new NotSupportedException("Plugins are in the worker process.");

    void IExecutionHost.Entered(TaskContext context) => throw new NotSupportedException("The worker process knows.");

    void IExecutionHost.Left(TaskContext context) => throw new NotSupportedException("The worker process knows.");

    void IExecutionHost.TimeLimitReached(TaskContext context) => throw new NotSupportedException("The worker process knows.");

    private async Task RunAsync(Action ended)
    {
        TaskContext.Current = Context;
        try
        {
            var result = work.Admit(work.IsAsync
                ? await work.InvokeAsync(new TaskInputs(inputs), element, Context)
                : work.Invoke(new TaskInputs(inputs), element, Context), HomeServer.Serializers);
            Context?.End();
            link.Send(HomeWord.Returned, number, (ref WireWriter writer) => ValueCodec.Write(ref writer, result, HomeServer.Serializers));
        }
#pragma warning disable CA1031 // Whatever the test's function throws, the task ends by it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Context?.End();
            link.Send(HomeWord.Threw, number, (ref WireWriter writer) =>
            {
                writer.Bool(exception is RescheduleException);
                ErrorCodec.Write(ref writer, exception);
            });
        }

        ended();
    }
}
