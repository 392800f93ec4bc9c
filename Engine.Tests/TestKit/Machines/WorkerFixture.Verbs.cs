using System.Buffers;
using Engine.Collections;
using Engine.Data;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tasks;
using Engine.Workers.Machine;

namespace Engine.Tests.TestKit.Machines;

/// <summary>What the scheduler, peers and the executor say.</summary>
internal sealed partial class WorkerFixture
{
    private static readonly TestWork Plain = new("plain");
    private long _requestId;

    /// <summary>A task to run, in the order of its key unless the test says otherwise.</summary>
    public void Compute(TaskKey key, params (TaskKey Key, WorkerAddress Holder)[] dependencies) => Compute(key, null, null, dependencies);

    public void Compute(
        TaskKey key, TaskWork? work, TaskOptions? options, (TaskKey Key, WorkerAddress Holder)[] dependencies, long? order = null, int attempt = 1)
    {
        var batch = BatchPool<ComputeBatch>.Get();
        Add(batch, key, work, options, dependencies, order, attempt);
        Handle(batch);
    }

    /// <summary>Tasks without inputs, in one batch, in that order.</summary>
    public void ComputeMany(params TaskKey[] keys)
    {
        var batch = BatchPool<ComputeBatch>.Get();
        foreach (var key in keys)
        {
            Add(batch, key, null, null, [], null, 1);
        }

        Handle(batch);
    }

    /// <summary>Elements of a map, as one run.</summary>
    public void ComputeMap(TaskKey first, int count, TaskWork? work = null, int attempt = 1)
    {
        var batch = BatchPool<ComputeBatch>.Get();
        Add(batch, first, work, null, [], null, attempt);
        batch.Entries[0].Count = count;
        Handle(batch);
    }

    /// <summary>A task has run.</summary>
    public void End(TaskKey key, object? value = null, double seconds = 0.1) => End(TaskOf(key), value, seconds);

    public void End(WorkerTask task, object? value = null, double seconds = 0.1) => Result(new ExecutionResult
    {
        Task = task,
        Done = 1,
        Value = DataValue.From(value ?? task.Key.Sequence),
        Seconds = (float)seconds,
    });

    /// <summary>A task has thrown.</summary>
    public void Err(TaskKey key, Exception? error = null) =>
        Result(new ExecutionResult { Task = TaskOf(key), Error = error ?? new InvalidOperationException("it broke") });

    /// <summary>A run has come so far: values of its first elements, and what the next one threw.</summary>
    public void EndRun(TaskKey first, object[] values, Exception? error = null, double seconds = 0.1)
    {
        var rented = ArrayPool<DataValue>.Shared.Rent(Math.Max(1, values.Length));
        for (var i = 0; i < values.Length; i++)
        {
            rented[i] = DataValue.From(values[i]);
        }

        Result(new ExecutionResult { Task = TaskOf(first), Done = values.Length, Values = rented, Error = error, Seconds = (float)seconds });
    }

    /// <summary>The executor gives tasks back before it has started them.</summary>
    public void GiveBack(params TaskKey[] keys)
    {
        Machine.OnRecalled([.. keys.Select(TaskOf)]);
        Settle();
    }

    public void Secede(TaskKey key)
    {
        Machine.OnSeceded(TaskOf(key));
        Settle();
    }

    /// <summary>A run was split behind an element that runs; those before it have ended, with their places as values.</summary>
    public void Split(WorkerTask run, int begun)
    {
        run.Values = ArrayPool<DataValue>.Shared.Rent(run.Count);
        for (var i = 0; i < begun; i++)
        {
            run.Values[i] = DataValue.From(i);
        }

        Machine.OnSplit(run, begun);
        Settle();
    }

    public void ReachTimeLimit(TaskKey key, int attempt = 1)
    {
        Machine.OnTimedOut(TaskOf(key), key, attempt);
        Settle();
    }

    public void Stall(double seconds = 0.002)
    {
        Machine.OnStalled(seconds);
        Settle();
    }

    /// <summary>The scheduler begins to retire the worker.</summary>
    public void CloseAdmission(long retirement = 1) => Handle(new CloseAdmission(retirement));

    /// <summary>The retirement was aborted.</summary>
    public void OpenAdmission() => Handle(Protocol.OpenAdmission.Instance);

    public void Interrupt(TaskKey key, int attempt = 1)
    {
        var batch = BatchPool<InterruptTasks>.Get();
        batch.Add(new TaskAttempt { Key = key, Attempt = attempt });
        Handle(batch);
    }

    /// <summary>A peer has what it was asked for; values are key numbers of eight bytes, unless the test says otherwise.</summary>
    public void Deliver(AskedPeer asked, object? value = null, long bytes = 8)
    {
        Machine.OnDataReply(new DataReply(asked.RequestId, [.. asked.Keys.Select(key => new DataEntry
        {
            Key = key,
            Found = true,
            Value = DataValue.From(value ?? key.Sequence),
            NBytes = bytes,
        })]));
        Settle();
    }

    /// <summary>A peer doesn't have what it was asked for.</summary>
    public void DeliverNothing(AskedPeer asked)
    {
        Machine.OnDataReply(new DataReply(asked.RequestId, [.. asked.Keys.Select(static key => new DataEntry { Key = key })]));
        Settle();
    }

    /// <summary>A peer is gone.</summary>
    public void FailFetch(AskedPeer asked)
    {
        Machine.OnFetchFailed(asked.RequestId);
        Settle();
    }

    /// <summary>A peer asks for values; null if the store has to be asked first.</summary>
    public DataEntry[]? Serve(params TaskKey[] keys)
    {
        var reply = Machine.Serve(new GetData(++_requestId, default, keys), this);
        Settle();
        return reply?.Entries;
    }

    /// <summary>The store has written the value that it was told to last.</summary>
    public void EndWrite(long bytes = 100) => EndWriteAs(bytes);

    /// <summary>The store could not write the value that it was told to last.</summary>
    public void RefuseWrite() => EndWriteAs(null);

    /// <summary>The store has read a value; null: it could not.</summary>
    public void EndRead(SpillOrder order, object? value)
    {
        Machine.OnUnspilled(order.Number, value);
        Settle();
    }

    public void Pause(bool paused)
    {
        Machine.SetPaused(paused);
        Settle();
    }

    public void Free(TaskKey key, int attempt = 1)
    {
        var batch = BatchPool<FreeKeys>.Get();
        batch.Add(new TaskAttempt { Key = key, Attempt = attempt });
        Handle(batch);
    }

    public void Steal(TaskKey key, int attempt = 1)
    {
        var batch = BatchPool<StealRequest>.Get();
        batch.Add(new TaskAttempt { Key = key, Attempt = attempt });
        Handle(batch);
    }

    public void Acquire(TaskKey key, WorkerAddress holder, long number = 1)
    {
        var batch = BatchPool<AcquireReplicas>.Get();
        batch.Add(new CopyRequest { Key = key, Holder = holder, Number = number });
        Handle(batch);
    }

    public void Handle(Message message)
    {
        Machine.Handle(message);
        MessagePools.Return(message);
        Settle();
    }

    private static void Add(
        ComputeBatch batch, TaskKey key, TaskWork? work, TaskOptions? options, (TaskKey Key, WorkerAddress Holder)[] dependencies, long? order, int attempt)
    {
        ref var task = ref batch.Add();
        (task.Key, task.Work, task.Options) = (key, work ?? Plain, options);
        (task.Order, task.Count, task.Attempt) = (order ?? key.Sequence, 1, attempt);
        (task.DependencyOffset, task.DependencyCount) = (batch.DependencyCount, dependencies.Length);
        foreach (var (dependency, holder) in dependencies)
        {
            batch.AddDependency(new DependencyHolder { Key = dependency, Holder = holder });
        }
    }

    private void EndWriteAs(long? bytes)
    {
        Machine.OnSpilled(Orders.Last(static order => order.Action == SpillAction.Write).Number, bytes);
        Settle();
    }

    private void Result(in ExecutionResult result)
    {
        _running.Remove(result.Task.Key);
        Machine.OnResult(result);
        Settle();
    }
}
