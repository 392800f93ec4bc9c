using Engine.Plugins;

namespace Engine.Tests.TestKit.Processes;

/// <summary>Sees workers come and go, in order; a test waits for what it sees, or has something done when so many have gone.</summary>
internal sealed class Witness : SchedulerPlugin
{
    private readonly Lock _gate = new();
    private readonly List<object> _seen = [];
    private readonly List<(Func<object, bool> Is, TaskCompletionSource<object> Seen)> _waiting = [];
    private readonly List<(int Count, Action Act)> _acts = [];

    /// <summary>All that was seen, in order: <see cref="WorkerAdded"/> and <see cref="WorkerRemoved"/>.</summary>
    public List<object> Seen
    {
        get
        {
            lock (_gate)
            {
                return [.. _seen];
            }
        }
    }

    public IEnumerable<WorkerRemoved> Removed => Seen.OfType<WorkerRemoved>();

    /// <summary>Ends when something has been seen.</summary>
    public async Task<T> WhenAsync<T>(Func<T, bool> isIt)
        where T : class
    {
        TaskCompletionSource<object> seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_seen.OfType<T>().FirstOrDefault(isIt) is { } before)
            {
                return before;
            }

            _waiting.Add((happened => happened is T it && isIt(it), seen));
        }

        return (T)await seen.Task.Within($"{typeof(T).Name} is seen");
    }

    /// <summary>Does something when so many workers have gone.</summary>
    public void AfterRemovals(int count, Action act)
    {
        lock (_gate)
        {
            _acts.Add((count, act));
        }
    }

    /// <summary>The story, for a test that fails.</summary>
    public override string ToString() => string.Join('\n', Seen.Select(static seen => seen switch
    {
        WorkerAdded { Worker: var worker } => $"{worker.Id} ({worker.Name}) joined",
        WorkerRemoved { Worker: var worker } removed => $"{worker.Id} ({worker.Name}) left: {removed.Reason}: {removed.Detail}",
        _ => string.Empty,
    }));

    public override void AddWorker(WorkerAdded added) => See(added);

    public override void RemoveWorker(WorkerRemoved removed) => See(removed);

    private void See(object happened)
    {
        List<Action> acts = [];
        lock (_gate)
        {
            _seen.Add(happened);
            foreach (var waiting in _waiting.Where(waiting => waiting.Is(happened)))
            {
                waiting.Seen.TrySetResult(happened);
            }

            if (happened is WorkerRemoved)
            {
                var count = _seen.Count(static seen => seen is WorkerRemoved);
                acts.AddRange(_acts.Where(act => act.Count == count).Select(static act => act.Act));
            }
        }

        acts.ForEach(static act => act());
    }
}
