using System.Runtime.InteropServices;
using Engine.Collections;
using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;

namespace Engine.Scheduling.Machine;

/// <summary>Carries out what a scheduler has decided: the shell, the simulator or a recording test.</summary>
internal interface ISchedulerSink
{
    void Send(WorkerState worker, Message message);

    void Send(ClientState client, Message message);

    void Send(NannyState nanny, Message message);

    /// <summary>Something that plugins are told of; after all that the step has to send.</summary>
    void Publish(object happened);

    /// <summary>The transitions of the step, for plugins; before what else happened in it. Valid for the call.</summary>
    void Publish(ReadOnlySpan<TaskTransition> transitions);
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
    private readonly List<(NannyState Nanny, Message Message)> _nannies = [];
    private readonly List<object> _happened = [];
    private readonly List<TaskTransition> _transitions = [];

    /// <summary>What plugins will be told when the step is over.</summary>
    public IReadOnlyList<object> Happened => _happened;

    /// <summary>The batch of tasks for a worker, with room for one entry.</summary>
    public ComputeBatch Compute(WorkerState worker) => Open(worker, ref worker.Dispatch.Compute);

    public void Free(WorkerState worker, TaskKey key, int attempt) =>
        Open(worker, ref worker.Dispatch.Free).Add(new TaskAttempt { Key = key, Attempt = attempt });

    public void Steal(WorkerState worker, TaskKey key, int attempt) =>
        Open(worker, ref worker.Dispatch.Steal).Add(new TaskAttempt { Key = key, Attempt = attempt });

    public void Interrupt(WorkerState worker, TaskKey key, int attempt) =>
        Open(worker, ref worker.Dispatch.Interrupt).Add(new TaskAttempt { Key = key, Attempt = attempt });

    public void Acquire(WorkerState worker, TaskKey key, WorkerAddress holder, long number) =>
        Open(worker, ref worker.Dispatch.Acquire).Add(new CopyRequest { Key = key, Holder = holder, Number = number });

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

    /// <summary>Sends a message after all that the worker was sent so far, so that an answer to it is an answer to that too.</summary>
    public void Send(WorkerState worker, Message message)
    {
        var dispatch = Touch(worker);
        dispatch.CloseOpen();
        dispatch.Ready.Add(message);
    }

    public void Send(NannyState nanny, Message message) => _nannies.Add((nanny, message));

    public void Transition(in TaskTransition transition) => _transitions.Add(transition);

    /// <summary>Tells plugins of something, when the step is over and everybody else has been told.</summary>
    public void Publish(object happened) => _happened.Add(happened);

    /// <summary>Hands everything to the sink: nannies are told first, plugins last. Called once a step, outside of any decision.</summary>
    public void Flush()
    {
        foreach (var (nanny, message) in _nannies)
        {
            sink.Send(nanny, message);
        }

        _nannies.Clear();
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
        if (_transitions.Count > 0)
        {
            sink.Publish(CollectionsMarshal.AsSpan(_transitions));
            _transitions.Clear();
        }

        for (var i = 0; i < _happened.Count; i++)
        {
            sink.Publish(_happened[i]);
        }

        _happened.Clear();
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
    public InterruptTasks? Interrupt;

    public void SendAll(WorkerState worker, ISchedulerSink sink)
    {
        Touched = false;
        CloseOpen();
        foreach (var message in Ready)
        {
            sink.Send(worker, message);
        }

        Ready.Clear();
    }

    /// <summary>Puts what is open behind what is ready.</summary>
    public void CloseOpen()
    {
        Close(ref Compute);
        Close(ref Interrupt);
        Close(ref Free);
        Close(ref Steal);
        Close(ref Acquire);
    }

    private void Close<TBatch>(ref TBatch? open)
        where TBatch : Message
    {
        if (open is not null)
        {
            Ready.Add(open);
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
