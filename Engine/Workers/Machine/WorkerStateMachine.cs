using Engine.Collections;
using Engine.Data;
using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;

namespace Engine.Workers.Machine;

/// <summary>
/// All decisions of a worker: what to fetch, what to run next, what to keep. Messages and results go in, instructions
/// come out through the outbox. A step is one or more calls followed by <see cref="Settle"/>.
/// </summary>
/// <remarks>dask: <c>WorkerState</c>. Files: Compute, Execute, Fetch, Leave, Load, Memory, Release, Serve, Validate.</remarks>
internal sealed partial class WorkerStateMachine(WorkerSettings settings, WorkerOutbox outbox)
{
    private const int SpareTasksMax = 4096;
    private static readonly string[] s_stateNames = Enum.GetNames<WorkerTaskState>();
    private readonly KeyTable<WorkerRow> _rows = new();
    private readonly Stack<WorkerTask> _spareTasks = new();

    /// <summary>Values that it holds, copies included.</summary>
    public int HeldCount { get; private set; }

    /// <summary>Who it is; known once it is registered.</summary>
    public WorkerAddress Self { get; set; } = new(default, string.Empty, string.Empty);

    /// <summary>Bytes of the values that it holds, as measured, whether in memory or in the store.</summary>
    public long HeldBytes { get; private set; }

    /// <summary>Keys that it knows: of values held, of tasks to run, of values to get.</summary>
    public long RowCount => _rows.Count;

    /// <summary>Takes a message of the scheduler.</summary>
    public void Handle(Message message)
    {
        switch (message)
        {
            case ComputeBatch batch:
                OnCompute(batch);
                break;
            case FreeKeys free:
                OnFree(free);
                break;
            case StealRequest steal:
                OnStealRequest(steal);
                break;
            case AcquireReplicas acquire:
                OnAcquireReplicas(acquire);
                break;
            case CloseAdmission close:
                OnCloseAdmission(close);
                break;
            case OpenAdmission:
                OnOpenAdmission();
                break;
            case InterruptTasks interrupt:
                OnInterrupt(interrupt);
                break;
            default:
                throw new NotSupportedException($"The scheduler can't send a {message.GetType().Name} to a worker.");
        }
    }

    /// <summary>Ends a step: hands out what can run, asks for what is to be fetched. Then the outbox is to be flushed.</summary>
    public void Settle()
    {
        GiveBackWhatWaits();
        LimitMemory();
        EnsureComputing();
        EnsureCommunicating();
        EnsureReading();
        if (settings.Validate)
        {
            Validate();
        }
    }

    private WorkerTask NewTask(TaskKey key, int count, WorkerTaskState state)
    {
        var task = _spareTasks.TryPop(out var spare) ? spare : new WorkerTask();
        (task.Key, task.Count) = (key, count);
        Move(task, state);
        return task;
    }

    private void Move(WorkerTask task, WorkerTaskState state)
    {
        if (outbox.TellsTransitions)
        {
            Tell(task, task.Count, s_stateNames[(int)state]);
        }

        task.State = state;
    }

    /// <summary>For plugins: a task, or as many of a run, takes a state. Memory and Erred are no states here, but ends.</summary>
    private void Tell(WorkerTask task, int count, string finish) =>
        outbox.Transition(new TaskTransition(task.Key, count, s_stateNames[(int)task.State], finish, Self.Id, task.Attempt));

    private void Recycle(WorkerTask task)
    {
        task.Reset();
        task.State = WorkerTaskState.Released;
        if (_spareTasks.Count < SpareTasksMax)
        {
            _spareTasks.Push(task);
        }
    }

    /// <summary>Finds or makes a key's row.</summary>
    private int OccupiedHandle(TaskKey key)
    {
        var handle = _rows.EnsureHandle(key);
        if (_rows[handle] is { Task: null, HasValue: false })
        {
            _rows.Occupy(handle);
        }

        return handle;
    }

    private void Store(int handle, in DataValue value, long bytes, int attempt, bool isTransient = false)
    {
        ref var row = ref _rows[handle];
        if (row.HasValue)
        {
            Unkeep(handle);
            HeldBytes -= row.NBytes;
            HeldCount--;
        }

        (row.Value, row.NBytes, row.Attempt, row.HasValue, row.IsTransient) = (value, bytes, attempt, true, isTransient);
        HeldBytes += row.NBytes; // As it is rounded, because so much will go with it.
        HeldCount++;
        if (!isTransient)
        {
            Keep(handle);
        }
    }

    private void DropValue(int handle)
    {
        Unkeep(handle);
        ref var row = ref _rows[handle];
        HeldBytes -= row.NBytes;
        HeldCount--;
        if (row.Task is null)
        {
            _rows.Vacate(handle);
            return;
        }

        (row.Value, row.NBytes, row.HasValue, row.IsTransient, row.Users) = (default, 0, false, false, 0);
    }
}
