using System.Collections.Concurrent;
using Engine.Collections;
using Engine.Plugins;
using Engine.Workers.Machine;

namespace Engine.Workers.Execution;

/// <summary>
/// Runs functions. Problem: a task may take 20 ns or an hour, and nobody knows before; handing each to a thread costs a
/// microsecond. Idea: tasks come in runs that all lanes share; a lane (a thread that holds a slot) claims one after the
/// other, and tells of results in groups whose size follows the pace: one by one if they are slow, many at a time if
/// they are fast. A lane that is stuck in a long task keeps nothing but that task: others claim the rest, and what
/// nobody has claimed can be recalled.
/// </summary>
/// <remarks>Lanes are threads of their own, so that functions that block can't starve the pool that the engine runs on.</remarks>
#pragma warning disable CA1001 // The semaphore owns nothing while nobody asks for its wait handle, and lanes may wake from it after the end.
internal sealed class TaskExecutor
#pragma warning restore CA1001
{
    private readonly Lock _gate = new();
    private readonly Queue<ExecutionRun> _runs = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Stack<Lane> _asleep = new(); // Those that sleep without a thread.
    private readonly ConcurrentQueue<ExecutionResult> _late = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _name;
    private readonly Action _signal;
    private readonly int _slotCount;
    private Lane[] _lanes = [];
    private WorkerPlugin[] _around = [];
    private int _laneNumber;
    private int _sleeping;
    private int _outside;
    private int _liveLanes;
    private bool _closing;
    private int _signalled;
    private TaskExecutor? _next;

    /// <param name="slots">Functions that run at a time.</param>
    /// <param name="host">What functions can reach.</param>
    /// <param name="time">For durations and time limits.</param>
    /// <param name="signal">Called when results wait; must not block.</param>
    /// <param name="before">The executor, closed, of the worker's incarnation before, whose functions may still run: they keep their slots (I12).</param>
    /// <param name="functionScheduler">Where lanes run, for tests: functions must not block then. Null: on threads of their own.</param>
    public TaskExecutor(
        int slots, IExecutionHost host, TimeProvider time, Action signal, TaskExecutor? before = null, TaskScheduler? functionScheduler = null)
    {
        (_slotCount, Host, Time, _signal, FunctionScheduler) = (slots, host, time, signal, functionScheduler);
        _name = host.Self.Name;
        Slots = before?.Slots ?? new SlotPool(slots);
        if (before is not null)
        {
            Volatile.Write(ref before._next, this);
        }
    }

    public SlotPool Slots { get; }

    /// <summary>Plugins whose hooks are called around functions.</summary>
    public WorkerPlugin[] Around
    {
        get => Volatile.Read(ref _around);
        set => Volatile.Write(ref _around, value);
    }

    public IExecutionHost Host { get; }

    /// <summary>Where lanes run; null: on threads of their own.</summary>
    public TaskScheduler? FunctionScheduler { get; }

    public TimeProvider Time { get; }

    /// <summary>Whether lanes should look for work or end.</summary>
    public bool IsClosing => Volatile.Read(ref _closing);

    /// <summary>Ends when the executor has been closed and the last lane has ended.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Lanes whose threads run or sleep.</summary>
    public int LiveLaneCount => Volatile.Read(ref _liveLanes);

    /// <summary>Lanes that are in a function that has left its slot.</summary>
    public int OutsideCount => Volatile.Read(ref _outside);

    public void Execute(ExecutionRun run)
    {
        run.Unread = run.Count + 1; // One for its place in the queue.
        lock (_gate)
        {
            _runs.Enqueue(run);
        }

        WakeLanes(run.Count);
    }

    /// <summary>Lets lanes start that could: there is work, and slots are free.</summary>
    public void WakeLanes(int most)
    {
        if (IsClosing)
        {
            Volatile.Read(ref _next)?.WakeLanes(most);
            return;
        }

        for (var i = Math.Min(most, Slots.Free); i > 0; i--)
        {
            lock (_gate)
            {
                if (_runs.Count == 0 || _closing)
                {
                    return;
                }

                if (_sleeping > 0)
                {
                    WakeOne();
                    continue;
                }

                if (_lanes.Length - _outside < _slotCount)
                {
                    var lane = new Lane(this, $"{_name} lane {_laneNumber++}");
                    _lanes = [.. _lanes, lane];
                    _liveLanes++;
                    lane.Start();
                }
            }
        }
    }

    /// <summary>Takes back what no lane has claimed.</summary>
    public List<WorkerTask> Recall()
    {
        var recalled = new List<WorkerTask>();
        lock (_gate)
        {
            while (_runs.TryDequeue(out var run))
            {
                for (var i = 0; i < run.Count; i++)
                {
                    if (Interlocked.Exchange(ref run.Entries[i].Claimed, 1) == 0)
                    {
                        recalled.Add(run.Entries[i].Task);
                        MarkRead(run);
                    }
                }

                MarkRead(run);
            }
        }

        return recalled;
    }

    /// <summary>Splits the runs of elements that lanes are in behind the elements that run. Called by the worker's loop only.</summary>
    /// <returns>The runs, and how many of their elements have been begun; the last of those is still running.</returns>
    public List<(WorkerTask Task, int Begun)> SplitRuns()
    {
        var split = new List<(WorkerTask Task, int Begun)>();
        foreach (var lane in Volatile.Read(ref _lanes))
        {
            if (lane.Elements is { } task && Interlocked.Exchange(ref task.Begun, WorkerTask.Split) is var begun && begun <= task.Count)
            {
                split.Add((task, begun));
            }
        }

        return split;
    }

    /// <summary>Reads results that lanes have made. Called by the worker's loop only.</summary>
    public void TakeResults<TState>(TState state, Action<TState, ExecutionResult> take)
    {
        Interlocked.Exchange(ref _signalled, 0);
        foreach (var lane in _lanes)
        {
            while (lane.Results.TryDequeue(out var result))
            {
                take(state, result);
            }
        }

        while (_late.TryDequeue(out var result))
        {
            take(state, result);
        }
    }

    /// <summary>Ends lanes as soon as their function returns. Doesn't wait: a function that ignores its token keeps its thread.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closing = true;
            while (_sleeping > 0)
            {
                WakeOne();
            }

            if (_liveLanes == 0)
            {
                _ended.TrySetResult();
            }
        }

        Recall();
        SplitRuns();
    }

    /// <summary>Claims the next execution that no lane has, or gives null. The lane then reads the run until it marks it read.</summary>
    internal ExecutionRun? Claim(out int index)
    {
        while (true)
        {
            ExecutionRun? run;
            lock (_gate)
            {
                if (!_runs.TryPeek(out run))
                {
                    index = -1;
                    return null;
                }

                Interlocked.Increment(ref run.Unread); // So that it isn't given back and filled anew under this lane's hands.
            }

            if (TryClaimIn(run, out index))
            {
                return run;
            }

            var exhausted = false;
            lock (_gate)
            {
                if (_runs.TryPeek(out var first) && first == run)
                {
                    _runs.Dequeue();
                    exhausted = true;
                }
            }

            MarkRead(run, exhausted ? 2 : 1);
        }
    }

    /// <summary>Claims the next execution of a run, if it has one that is unclaimed.</summary>
    internal static bool TryClaimIn(ExecutionRun run, out int index)
    {
        // The cursor is a hint that only saves looking at claimed ones; the exchange decides.
        for (index = Volatile.Read(ref run.Cursor); index < run.Count; index++)
        {
            if (Interlocked.Exchange(ref run.Entries[index].Claimed, 1) == 0)
            {
                Volatile.Write(ref run.Cursor, index + 1);
                return true;
            }
        }

        return false;
    }

    /// <summary>The inputs of an execution have been read; the last one gives the run back.</summary>
    internal static void MarkRead(ExecutionRun run, int count = 1)
    {
        if (Interlocked.Add(ref run.Unread, -count) == 0)
        {
            BatchPool<ExecutionRun>.Return(run);
        }
    }

    internal void AddLate(in ExecutionResult result)
    {
        _late.Enqueue(result);
        Signal();
    }

    internal void Signal()
    {
        if (Interlocked.Exchange(ref _signalled, 1) == 0)
        {
            _signal();
        }
    }

    /// <summary>A lane without work waits; gives false when whatever carries it is to let go of it.</summary>
    internal bool Sleep(Lane lane)
    {
        lock (_gate)
        {
            if (_closing)
            {
                LaneEnded();
                return false;
            }

            if (_runs.Count > 0 && Slots.Free > 0)
            {
                return true; // Work came between the look and the sleep.
            }

            _sleeping++;
            if (FunctionScheduler is not null)
            {
                _asleep.Push(lane);
                return false;
            }
        }

        _wake.Wait();
        if (!IsClosing)
        {
            return true;
        }

        lock (_gate)
        {
            LaneEnded();
        }

        return false;
    }

    /// <summary>Called under the lock.</summary>
    private void WakeOne()
    {
        _sleeping--;
        if (_asleep.TryPop(out var lane))
        {
            lane.Start();
        }
        else
        {
            _wake.Release();
        }
    }

    /// <summary>A lane ends; called under the lock.</summary>
    private void LaneEnded()
    {
        if (--_liveLanes == 0 && _closing)
        {
            _ended.TrySetResult();
        }

        if (IsClosing)
        {
            WakeLanes(1); // Its slot is free.
        }
    }

    /// <summary>A task has left its slot: another may start. If it blocks its lane, on a further one.</summary>
    internal void LeaveSlot(TaskContext context)
    {
        lock (_gate)
        {
            if (context is { IsOnLane: true, IsLaneOutside: false })
            {
                context.IsLaneOutside = true;
                _outside++;
            }
        }

        ReleaseSlot();
    }

    /// <summary>Gives a slot back that no lane holds, and has it used.</summary>
    internal void ReleaseSlot()
    {
        if (Slots.Release())
        {
            WakeLanes(1);
        }
    }

    /// <summary>A function has returned to its lane.</summary>
    internal void ReturnToLane(TaskContext context)
    {
        lock (_gate)
        {
            context.IsOnLane = false;
            _outside -= context.IsLaneOutside ? 1 : 0;
        }
    }
}
