using System.Buffers;
using Engine.Collections;
using Engine.Data;
using Engine.Protocol;
using Engine.Scheduling.Machine;

namespace Engine.Tests.TestKit.Machines;

/// <summary>What workers and clients say.</summary>
internal sealed partial class SchedulerFixture
{
    /// <summary>A worker has run a task; of the last attempt, unless the test says which.</summary>
    public void Finish(WorkerState worker, TaskKey key, object? value = null, long bytes = 8, double seconds = 0.1, int? attempt = null)
    {
        var batch = BatchPool<FinishedBatch>.Get();
        ref var finished = ref batch.Add();
        (finished.Key, finished.Count, finished.Attempt) = (key, 1, attempt ?? AttemptOf(key));
        (finished.NBytes, finished.Seconds) = (bytes, (float)seconds);
        (finished.HasValue, finished.Value) = (value is not null, DataValue.From(value));
        Handle(worker, batch);
    }

    /// <summary>The worker that has a task runs it.</summary>
    public void Finish(params TaskKey[] keys)
    {
        foreach (var key in keys)
        {
            Finish(Sent.Latest[key].Worker, key);
        }
    }

    /// <summary>A worker has run several elements of a map, whose values are their places.</summary>
    public void FinishRun(WorkerState worker, TaskKey first, int count, double seconds = 0.1)
    {
        var batch = BatchPool<FinishedBatch>.Get();
        ref var finished = ref batch.Add();
        (finished.Key, finished.Count, finished.Attempt) = (first, count, AttemptOf(first));
        (finished.NBytes, finished.Seconds, finished.HasValue) = (8, (float)seconds, true);
        finished.Values = ArrayPool<DataValue>.Shared.Rent(count);
        for (var i = 0; i < count; i++)
        {
            finished.Values[i] = DataValue.From(i);
        }

        Handle(worker, batch);
    }

    public void Fail(WorkerState worker, TaskKey key, Exception? exception = null, int? attempt = null)
    {
        exception ??= new InvalidOperationException("it broke");
        Handle(worker, new TaskErred(key, attempt ?? AttemptOf(key), new TaskError(TaskErrorKind.Failed, key, exception.Message, exception)));
    }

    public void Reschedule(WorkerState worker, TaskKey key, int? attempt = null) =>
        Handle(worker, new TaskRescheduled(key, attempt ?? AttemptOf(key)));

    public void Secede(WorkerState worker, TaskKey key) => Handle(worker, new TaskLongRunning(key, AttemptOf(key)));

    public void ReportMissing(WorkerState worker, TaskKey key, TaskKey input, WorkerState holder, bool isUnreachable = false) =>
        Handle(worker, new InputMissing(key, AttemptOf(key), input, holder.Address, isUnreachable));

    public void AnswerSteal(WorkerState victim, TaskKey key, bool givenUp, int? attempt = null)
    {
        var batch = BatchPool<StealResponse>.Get();
        batch.Add(new StealAnswer { Key = key, Attempt = attempt ?? AttemptOf(key), GivenUp = givenUp });
        Handle(victim, batch);
    }

    /// <summary>The victim gives up whatever it was asked for.</summary>
    public void GiveUpAll()
    {
        foreach (var steal in Sent.Steals.ToList())
        {
            Sent.Steals.Remove(steal);
            AnswerSteal(steal.Worker, steal.Key, givenUp: true, steal.Attempt);
        }
    }

    public void AddReplica(WorkerState worker, TaskKey key)
    {
        var batch = BatchPool<ReplicasAdded>.Get();
        batch.Add(new CopyMade { Key = key, Number = Sent.Acquires.LastOrDefault(sent => sent.Worker == worker && sent.Key == key)?.Number ?? 0 });
        Handle(worker, batch);
    }

    public void Release(params TaskKey[] keys) => Release(Client, keys);

    public void Release(ClientState client, params TaskKey[] keys)
    {
        var batch = BatchPool<ReleaseKeys>.Get();
        foreach (var key in keys)
        {
            batch.Add(new KeyRange { First = key, Count = 1 });
        }

        Handle(client, batch);
    }

    /// <summary>Cancels, and gives the keys that were cancelled.</summary>
    public List<TaskKey> Cancel(params TaskKey[] keys) => Cancel(Client, keys);

    public List<TaskKey> Cancel(ClientState client, params TaskKey[] keys) => (List<TaskKey>)Ask(new CancelRequest(keys, "no longer needed"), client)!;

    public void Retry(params TaskKey[] keys) => Ask(new RetryRequest(keys));

    public void FireAndForget(params TaskKey[] keys) => Ask(new FireAndForgetRequest(keys));

    /// <summary>The key of a name for a client, which holds it from now on; or the error.</summary>
    public object? FindKey(string name, ClientState? client = null) =>
        Ask(new FindKeyRequest(name), client) switch { TakenKeys taken => Assert.Single(taken.Keys), var error => error };

    public object? Publish(string name, params TaskKey[] keys) => Ask(new PublishRequest(name, keys, isList: false, replace: false));

    public object? Unpublish(string name) => Ask(new UnpublishRequest(name));

    public object? GetDataset(string name, ClientState client) => Ask(new GetDatasetRequest(name), client);

    public int AttemptOf(TaskKey key) => Sent.Latest[key].Attempt;
}
