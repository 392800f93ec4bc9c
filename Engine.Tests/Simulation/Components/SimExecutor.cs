using System.Buffers;
using Engine.Collections;
using Engine.Data;
using Engine.Tasks;
using Engine.Workers.Machine;

namespace Engine.Tests.Simulation.Components;

/// <summary>Runs a worker's tasks, as many at a time as it has slots, each for as long as the dice say.</summary>
/// <param name="worker">Whose.</param>
/// <param name="before">That of the incarnation before, whose functions may still run: they keep their slots (I12).</param>
internal sealed class SimExecutor(SimWorker worker, SimExecutor? before)
{
    private static readonly TimeSpan s_stallWatch = TimeSpan.FromMilliseconds(2);
    private readonly List<Execution> _executions = [];
    private bool _isClosed;
    private bool _isWatching;
    private readonly HashSet<WorkerTask> _endedInStep = [];
    private int _ended;

    /// <summary>Functions that run in slots.</summary>
    public int RunningCount => _executions.Count(static execution => execution is { IsStarted: true, HasSeceded: false }) + (before?.RunningCount ?? 0);

    public int Count => _executions.Count;

    public void Execute(ExecutionRun run)
    {
        for (var i = 0; i < run.Count; i++)
        {
            ref var entry = ref run.Entries[i];
            _executions.Add(new Execution(entry.Task, run.Inputs.AsSpan(entry.InputOffset, entry.InputCount).ToArray()));
        }

        BatchPool<ExecutionRun>.Return(run);
        StartSome();
        Watch();
    }

    /// <summary>A running function's token is cancelled: it ends soon with that, or doesn't look.</summary>
    public void Cancel(WorkerTask task)
    {
        if (!task.IsAbandoned || _endedInStep.Contains(task))
        {
            return; // It ended in this step, and the object may be another task's already, which may have been given up too.
        }

        var execution = _executions.Find(execution => execution.Task == task)
            ?? throw new SimFailure("executor", $"what is cancelled runs, but {task.Key} doesn't");
        execution.IsCancelled = execution.IsStarted;
    }

    /// <summary>Takes back what hasn't started.</summary>
    public List<WorkerTask> Recall()
    {
        var recalled = _executions.FindAll(static execution => !execution.IsStarted).ConvertAll(static execution => execution.Task);
        _executions.RemoveAll(static execution => !execution.IsStarted);
        return recalled;
    }

    /// <summary>What was decided in a step has been handed on.</summary>
    public void EndStep() => _endedInStep.Clear();

    public void Close()
    {
        _isClosed = true;
        _executions.Clear();
    }

    /// <summary>The incarnation has ended, and not its process: functions end soon, or don't look at their token, and keep their slot until they end.</summary>
    public void BreakOff()
    {
        _isClosed = true;
        _executions.RemoveAll(execution => !execution.IsStarted || execution.HasSeceded || worker.Dice.OneIn(2));
        foreach (var execution in _executions)
        {
            worker.Process.Order(
                () =>
                {
                    _executions.Remove(execution);
                    worker.Process.Current.Executor.StartSome();
                },
                worker.Dice.Between(TimeSpan.FromMicroseconds(1), worker.World.Settings.RunMax));
        }
    }

    private void StartSome()
    {
        if (_isClosed)
        {
            return;
        }

        var free = worker.Settings.Slots - RunningCount;
        foreach (var execution in _executions)
        {
            if (free == 0)
            {
                break;
            }

            if (!execution.IsStarted)
            {
                execution.IsStarted = true;
                free--;
                Start(execution);
            }
        }
    }

    private void Start(Execution execution)
    {
        var world = worker.World;
        var dice = worker.Dice;
        world.Tracer.Add("starts", execution.Task.Key, worker.Id.Number);
        var time = dice.Between(TimeSpan.FromMicroseconds(1), world.Settings.RunMax * (dice.OneIn(8) ? 10 : 1));
        if (execution.Task is { Count: 1, IsAbandoned: false } task)
        {
            if (task.Work!.NeedsContext && dice.OneIn(4))
            {
                After(time / 2, execution, () => Secede(execution));
            }

            if (task.Options is { Timeout: not null } && dice.OneIn(3))
            {
                var (key, attempt) = (task.Key, task.Attempt);
                After(time / 2, execution, () => worker.Machine!.OnTimedOut(task, key, attempt));
            }
        }

        After(time, execution, () => Finish(execution));
    }

    private void After(TimeSpan time, Execution execution, Action then) => worker.Post(
        () =>
        {
            if (!_isClosed && !worker.IsClosing && _executions.Contains(execution))
            {
                then();
            }
        },
        time);

    private void Secede(Execution execution)
    {
        execution.HasSeceded = true;
        worker.World.Tracer.Add("secedes", execution.Task.Key);
        worker.Machine!.OnSeceded(execution.Task);
        StartSome();
    }

    private void Finish(Execution execution)
    {
        _executions.Remove(execution);
        _endedInStep.Add(execution.Task);
        _ended++;
        var result = execution.Task is { IsAbandoned: true, Count: 1 } ? new ExecutionResult { Task = execution.Task } : Run(execution);
        worker.World.Tracer.Add("ends", execution.Task.Key, result.Done);
        worker.Machine!.OnResult(result);
        StartSome();
    }

    /// <summary>The watch of the worker's shell: nothing has ended for a while, and something may wait behind it.</summary>
    private void Watch()
    {
        if (_isWatching || _executions.Count == 0)
        {
            return;
        }

        var ended = _ended;
        _isWatching = true;
        worker.Post(
            () =>
            {
                _isWatching = false;
                if (!_isClosed && !worker.IsClosing && worker.Machine!.ExecutingCount + worker.Machine.ReadyCount > 1)
                {
                    if (_ended == ended)
                    {
                        worker.Machine.OnStalled(s_stallWatch.TotalSeconds);
                    }

                    Watch();
                }
            },
            s_stallWatch);
    }

    private ExecutionResult Run(Execution execution)
    {
        var dice = worker.Dice;
        var task = execution.Task;
        var work = task.Work!;
        var result = new ExecutionResult { Task = task, Seconds = dice.Below(3) * 1e-4f };
        var cut = dice.OneIn(4) ? 1 + dice.Below(task.Count) : task.Count;
        if (task.Count > 1)
        {
            result.Values = ArrayPool<DataValue>.Shared.Rent(task.Count);
        }

        try
        {
            if (execution.IsCancelled && dice.OneIn(2))
            {
                throw new OperationCanceledException();
            }

            for (; result.Done < cut; result.Done++)
            {
                var value = work.Invoke(new TaskInputs(execution.Inputs), task.Element + result.Done, null);
                if (result.Values is { } values)
                {
                    values[result.Done] = value;
                }
                else
                {
                    result.Value = value;
                }
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or RescheduleException or OperationCanceledException)
        {
            result.Error = exception;
        }

        return result;
    }

    private sealed class Execution(WorkerTask task, DataValue[] inputs)
    {
        public WorkerTask Task => task;

        public DataValue[] Inputs => inputs;

        public bool IsStarted { get; set; }

        public bool HasSeceded { get; set; }

        public bool IsCancelled { get; set; }
    }
}
