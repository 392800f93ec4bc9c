namespace Engine.Plugins;

/// <summary>
/// The plugins of a scheduler, in the order of registration, and the one place that calls their hooks: the scheduler's
/// shell and the harness for tests both do it through this.
/// </summary>
/// <param name="time">The clock of the time limits.</param>
/// <param name="report">Told of a hook that threw or took too long.</param>
internal sealed class SchedulerPluginSet(TimeProvider time, Action<PluginFailure> report)
{
    private readonly List<Entry> _entries = [];

    public int Count => _entries.Count;

    public IEnumerable<string> Names => _entries.Select(static entry => entry.Plugin.Name);

    public bool TellsTransitions { get; private set; }

    public bool TellsGraphs { get; private set; }

    public bool TellsEvents { get; private set; }

    /// <summary>Starts a plugin. It is among the others from <see cref="Add"/> on.</summary>
    public async Task<Exception?> StartAsync(SchedulerPlugin plugin, ISchedulerContext scheduler)
    {
        try
        {
            using var timer = new CancellationTokenSource(plugin.HookTimeLimit, time);
            await plugin.StartAsync(scheduler, timer.Token).AsTask().WaitAsync(plugin.HookTimeLimit, time);
            return null;
        }
#pragma warning disable CA1031 // What it throws refuses the registration; whoever asked for it is told.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return exception;
        }
    }

    public bool Contains(string name) => _entries.Exists(entry => entry.Plugin.Name == name);

    /// <summary>Adds a plugin that has started. One of the same name is taken out and closed.</summary>
    public void Add(SchedulerPlugin plugin)
    {
        var place = _entries.FindIndex(entry => entry.Plugin.Name == plugin.Name);
        var entry = new Entry(plugin, new HookQueue(plugin.HookTimeLimit, time, (hook, exception) => report(new PluginFailure(plugin.Name, hook, exception))));
        if (place < 0)
        {
            _entries.Add(entry);
        }
        else
        {
            Close(_entries[place]);
            _entries[place] = entry;
        }

        Look();
    }

    /// <summary>Takes a plugin out and closes it. False if there is none of the name.</summary>
    public bool Remove(string name)
    {
        var place = _entries.FindIndex(entry => entry.Plugin.Name == name);
        if (place < 0)
        {
            return false;
        }

        Close(_entries[place]);
        _entries.RemoveAt(place);
        Look();
        return true;
    }

    public Task BeforeCloseAsync() =>
        Task.WhenAll(_entries.Select(static entry => entry.Queue.CallAsync(nameof(SchedulerPlugin.BeforeCloseAsync), entry.Plugin.BeforeCloseAsync)));

    /// <summary>Ends when the asynchronous hooks that were called so far have ended, or have run out of time.</summary>
    public Task WhenIdleAsync() => Task.WhenAll(_entries.Select(static entry => entry.Queue.WhenIdleAsync()));

    /// <summary>Closes all; ends when the last hook has ended or has run out of time.</summary>
    public Task CloseAllAsync()
    {
        var closing = Task.WhenAll(_entries.Select(static entry =>
        {
            entry.Queue.Cancel();
            return entry.Queue.CallAsync(nameof(SchedulerPlugin.CloseAsync), entry.Plugin.CloseAsync);
        }));
        _entries.Clear();
        Look();
        return closing;
    }

    public void AddWorker(WorkerAdded added) => CallBoth(
        nameof(SchedulerPlugin.AddWorker),
        static (plugin, worker) => plugin.AddWorker(worker),
        static plugin => plugin.AddWorkerAsync,
        added);

    public void RemoveWorker(WorkerRemoved removed) => CallBoth(
        nameof(SchedulerPlugin.RemoveWorker),
        static (plugin, worker) => plugin.RemoveWorker(worker),
        static plugin => plugin.RemoveWorkerAsync,
        removed);

    public void WorkerStatusChanged(WorkerStatusChanged changed) =>
        Call(nameof(SchedulerPlugin.WorkerStatusChanged), changed, static (plugin, change) => plugin.WorkerStatusChanged(change));

    public void WorkerRetiring(WorkerRetiring retiring) =>
        Call(nameof(SchedulerPlugin.WorkerRetiring), retiring, static (plugin, worker) => plugin.WorkerRetiring(worker));

    public IReadOnlyList<WorkerInfo> ValidWorkersForDownscaling(IReadOnlyList<WorkerInfo> workers)
    {
        foreach (var entry in _entries)
        {
            try
            {
                var left = entry.Plugin.ValidWorkersForDownscaling(workers);
                workers = [.. workers.Where(worker => left.Any(kept => kept.Id == worker.Id))];
            }
#pragma warning disable CA1031 // No opinion, then.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                report(new PluginFailure(entry.Plugin.Name, nameof(SchedulerPlugin.ValidWorkersForDownscaling), exception));
            }
        }

        return workers;
    }

    public void AddClient(ClientId client) => Call(nameof(SchedulerPlugin.AddClient), client, static (plugin, id) => plugin.AddClient(id));

    public void RemoveClient(ClientId client) => Call(nameof(SchedulerPlugin.RemoveClient), client, static (plugin, id) => plugin.RemoveClient(id));

    public void UpdateGraph(GraphUpdate update) => Call(nameof(SchedulerPlugin.UpdateGraph), update, static (plugin, graph) => plugin.UpdateGraph(graph));

    public void Restart() => Call(nameof(SchedulerPlugin.Restart), 0, static (plugin, _) => plugin.Restart());

    public void LogEvent(string topic, object? content) =>
        Call(nameof(SchedulerPlugin.LogEvent), (topic, content), static (plugin, logged) => plugin.LogEvent(logged.topic, logged.content));

    public void Transition(in TaskTransition transition)
    {
        foreach (var entry in _entries)
        {
            if (entry.WantsTransitions)
            {
                try
                {
                    entry.Plugin.Transition(transition);
                }
#pragma warning disable CA1031 // The hook is the plugin author's: whatever it throws, the next one is called.
                catch (Exception exception)
#pragma warning restore CA1031
                {
                    report(new PluginFailure(entry.Plugin.Name, nameof(SchedulerPlugin.Transition), exception));
                }
            }
        }
    }

    private void CallBoth<T>(string hook, Action<SchedulerPlugin, T> call, Func<SchedulerPlugin, Func<T, CancellationToken, ValueTask>> callAsync, T argument)
    {
        Call(hook, argument, call);
        foreach (var entry in _entries)
        {
            var hookAsync = callAsync(entry.Plugin);
            if (PluginHooks.IsOverridden(hookAsync, typeof(SchedulerPlugin)))
            {
                entry.Queue.Enqueue($"{hook}Async", token => hookAsync(argument, token));
            }
        }
    }

    private void Call<T>(string hook, T argument, Action<SchedulerPlugin, T> call)
    {
        foreach (var entry in _entries)
        {
            try
            {
                call(entry.Plugin, argument);
            }
#pragma warning disable CA1031 // The hook is the plugin author's: whatever it throws, the next one is called.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                report(new PluginFailure(entry.Plugin.Name, hook, exception));
            }
        }
    }

    private static void Close(Entry entry)
    {
        entry.Queue.Cancel();
        entry.Queue.Enqueue(nameof(SchedulerPlugin.CloseAsync), entry.Plugin.CloseAsync);
    }

    private void Look()
    {
        TellsTransitions = _entries.Exists(static entry => entry.WantsTransitions);
        TellsGraphs = _entries.Exists(static entry => PluginHooks.IsOverridden((Action<GraphUpdate>)entry.Plugin.UpdateGraph, typeof(SchedulerPlugin)));
        TellsEvents = _entries.Exists(static entry => PluginHooks.IsOverridden((Action<string, object?>)entry.Plugin.LogEvent, typeof(SchedulerPlugin)));
    }

    private sealed class Entry(SchedulerPlugin plugin, HookQueue queue)
    {
        public readonly SchedulerPlugin Plugin = plugin;
        public readonly HookQueue Queue = queue;
        public readonly bool WantsTransitions = PluginHooks.IsOverridden((TransitionHook)plugin.Transition, typeof(SchedulerPlugin));
    }
}

/// <summary>A hook that threw, or took longer than it may.</summary>
internal sealed record PluginFailure(string Plugin, string Hook, Exception Exception)
{
    public override string ToString() => Exception is TimeoutException
        ? $"{Plugin}.{Hook} took longer than its time limit and was left to itself"
        : $"{Plugin}.{Hook} threw {Exception.GetType().Name}: {Exception.Message}";
}

/// <summary>Which hooks a plugin has: what it doesn't override costs nothing.</summary>
internal static class PluginHooks
{
    public static bool IsOverridden(Delegate hook, Type root) => hook.Method.DeclaringType != root;
}

internal delegate void TransitionHook(in TaskTransition transition);
