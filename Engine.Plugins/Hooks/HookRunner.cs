namespace Engine.Plugins;

/// <summary>Named plugins of one worker or nanny, in the order of registration, each with its queue of asynchronous hooks.</summary>
/// <typeparam name="TPlugin">The kind of plugin.</typeparam>
/// <param name="time">The clock of the time limits.</param>
/// <param name="limitOf">How long a plugin's hook may take.</param>
/// <param name="report">Told of a hook that threw or took too long.</param>
internal sealed class HookRunner<TPlugin>(TimeProvider time, Func<TPlugin, TimeSpan> limitOf, Action<PluginFailure> report)
{
    private readonly Lock _gate = new();
    private Entry[] _entries = []; // Replaced as a whole: hooks are called from the component's loop and from what goes on beside it.

    public TPlugin[] Plugins => Array.ConvertAll(_entries, static entry => entry.Plugin);

    /// <summary>Adds a plugin, in the place of one of its name, and sets it up.</summary>
    /// <returns>What the setup threw; then it isn't among the others.</returns>
    public async Task<Exception?> AddAsync(string name, Func<TPlugin> create, Func<TPlugin, CancellationToken, ValueTask> setup, Func<TPlugin, CancellationToken, ValueTask> teardown)
    {
        await RemoveAsync(name, teardown);
        TPlugin plugin;
        try
        {
            plugin = create();
        }
#pragma warning disable CA1031 // What it throws refuses the plugin.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return exception;
        }

        var entry = new Entry(name, plugin, new HookQueue(limitOf(plugin), time, (hook, exception) => report(new PluginFailure(name, hook, exception))));
        lock (_gate)
        {
            _entries = [.. _entries, entry];
        }

        var error = await entry.Queue.CallAsync("Setup", token => setup(plugin, token));
        if (error is not null)
        {
            Take(other => other == entry);
        }

        return error;
    }

    /// <summary>Takes a plugin out and tears it down.</summary>
    /// <returns>What the teardown threw.</returns>
    public async Task<Exception?> RemoveAsync(string name, Func<TPlugin, CancellationToken, ValueTask> teardown)
    {
        if (Take(entry => entry.Name == name) is not { } entry)
        {
            return null;
        }

        entry.Queue.Cancel();
        return await entry.Queue.CallAsync("Teardown", token => teardown(entry.Plugin, token));
    }

    /// <summary>Calls an asynchronous hook of all, one plugin after the other, and waits.</summary>
    public async Task CallAllAsync(string hook, Func<TPlugin, CancellationToken, ValueTask> call)
    {
        foreach (var entry in _entries)
        {
            await entry.Queue.CallAsync(hook, token => call(entry.Plugin, token));
        }
    }

    /// <summary>Calls a synchronous hook of all.</summary>
    public void Call(string hook, Action<TPlugin> call)
    {
        foreach (var entry in _entries)
        {
            try
            {
                call(entry.Plugin);
            }
#pragma warning disable CA1031 // The hook is the plugin author's: whatever it throws, the next one is called.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                report(new PluginFailure(entry.Name, hook, exception));
            }
        }
    }

    private Entry? Take(Predicate<Entry> which)
    {
        lock (_gate)
        {
            var entry = Array.Find(_entries, which);
            _entries = [.. _entries.Where(other => other != entry)];
            return entry;
        }
    }

    private sealed record Entry(string Name, TPlugin Plugin, HookQueue Queue);
}
