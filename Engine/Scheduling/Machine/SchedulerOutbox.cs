using Engine.Collections;
using Engine.Plugins.Transports;
using Engine.Protocol;

namespace Engine.Scheduling.Machine;

/// <summary>Carries out what a scheduler has decided: the shell, the simulator or a recording test.</summary>
internal interface ISchedulerSink
{
    void Send(WorkerState worker, Message message);

    void Send(ClientState client, Message message);
}

/// <summary>
/// The scheduler's instructions: one open batch for each destination and kind, sent when the step is over.
/// </summary>
/// <remarks>
/// Kinds don't keep their order among each other within a step, but for one: tasks go before what frees them or asks them
/// back. The rest is safe, because every entry names its attempt: freeing attempt 3 never touches attempt 4.
/// </remarks>
internal sealed class SchedulerOutbox(ISchedulerSink sink)
{
    private readonly List<WorkerState> _workers = [];
    private readonly List<ClientState> _clients = [];

    /// <summary>The batch of tasks for a worker, with room for one entry.</summary>
    public ComputeBatch Compute(WorkerState worker) => Open(worker, ref worker.Dispatch.Compute);

    public void Free(WorkerState worker, TaskKey key, int attempt) =>
        Open(worker, ref worker.Dispatch.Free).Add(new TaskAttempt { Key = key, Attempt = attempt });

    public void Steal(WorkerState worker, TaskKey key, int attempt) =>
        Open(worker, ref worker.Dispatch.Steal).Add(new TaskAttempt { Key = key, Attempt = attempt });

    public void Acquire(WorkerState worker, TaskKey key, WorkerAddress holder) =>
        Open(worker, ref worker.Dispatch.Acquire).Add(new DependencyHolder { Key = key, Holder = holder });

    public void Notify(ClientState client, in KeyNotice notice)
    {
        var dispatch = Touch(client);
        if (dispatch.Notices is not { IsFull: false } batch)
        {
            if (dispatch.Notices is { } full)
            {
                dispatch.Ready.Add(full);
            }

            dispatch.Notices = batch = BatchPool<KeyNotices>.Get();
        }

        batch.Add(notice);
    }

    /// <summary>Sends a message after the notices that the client has got so far.</summary>
    public void Send(ClientState client, Message message)
    {
        var dispatch = Touch(client);
        if (dispatch.Notices is { } notices)
        {
            dispatch.Ready.Add(notices);
            dispatch.Notices = null;
        }

        dispatch.Ready.Add(message);
    }

    public void Send(WorkerState worker, Message message) => Touch(worker).Ready.Add(message);

    /// <summary>Hands everything to the sink. Called once a step, outside of any decision.</summary>
    public void Flush()
    {
        foreach (var worker in _workers)
        {
            worker.Dispatch.SendAll(worker, sink);
        }

        _workers.Clear();
        foreach (var client in _clients)
        {
            client.Dispatch.SendAll(client, sink);
        }

        _clients.Clear();
    }

    private TBatch Open<TBatch>(WorkerState worker, ref TBatch? open)
        where TBatch : Message, Microsoft.Extensions.ObjectPool.IResettable, IBatch, new()
    {
        if (open is { IsFull: false })
        {
            return open;
        }

        var dispatch = Touch(worker);
        if (open is not null)
        {
            if (dispatch.Compute is { } compute && !ReferenceEquals(compute, open))
            {
                dispatch.Ready.Add(compute); // The full batch may free, or ask back, what is in here.
                dispatch.Compute = null;
            }

            dispatch.Ready.Add(open);
        }

        return open = BatchPool<TBatch>.Get();
    }

    private WorkerDispatch Touch(WorkerState worker)
    {
        if (!worker.Dispatch.Touched)
        {
            worker.Dispatch.Touched = true;
            _workers.Add(worker);
        }

        return worker.Dispatch;
    }

    private ClientDispatch Touch(ClientState client)
    {
        if (!client.Dispatch.Touched)
        {
            client.Dispatch.Touched = true;
            _clients.Add(client);
        }

        return client.Dispatch;
    }
}

/// <summary>What a step has for one worker.</summary>
internal sealed class WorkerDispatch
{
    public readonly List<Message> Ready = [];
    public bool Touched;
    public ComputeBatch? Compute;
    public FreeKeys? Free;
    public StealRequest? Steal;
    public AcquireReplicas? Acquire;

    public void SendAll(WorkerState worker, ISchedulerSink sink)
    {
        Touched = false;
        foreach (var message in Ready)
        {
            sink.Send(worker, message);
        }

        Ready.Clear();
        SendOpen(worker, sink, ref Compute);
        SendOpen(worker, sink, ref Free);
        SendOpen(worker, sink, ref Steal);
        SendOpen(worker, sink, ref Acquire);
    }

    private static void SendOpen<TBatch>(WorkerState worker, ISchedulerSink sink, ref TBatch? open)
        where TBatch : Message
    {
        if (open is not null)
        {
            sink.Send(worker, open);
            open = null;
        }
    }
}

/// <summary>What a step has for one client.</summary>
internal sealed class ClientDispatch
{
    public readonly List<Message> Ready = [];
    public bool Touched;
    public KeyNotices? Notices;

    public void SendAll(ClientState client, ISchedulerSink sink)
    {
        Touched = false;
        foreach (var message in Ready)
        {
            sink.Send(client, message);
        }

        Ready.Clear();
        if (Notices is { } notices)
        {
            Notices = null;
            sink.Send(client, notices);
        }
    }
}
