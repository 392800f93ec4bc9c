using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tasks.Remote;

namespace Engine.Workers;

/// <summary>The worker's plugins, and what they can ask of it.</summary>
internal sealed partial class Worker : IWorkerContext
{
    private readonly HookRunner<WorkerPlugin> _plugins;

    WorkerId IWorkerContext.Id => Self.Id;

    void IWorkerContext.LogEvent(string topic, object? content)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic);
        LogEvent(topic, content);
    }

    /// <summary>Has the worker retired; if it was, it has closed when the task ends.</summary>
    public async Task<RetirementRow> CloseGracefullyAsync(RetirementOptions? options = null, CancellationToken cancellationToken = default)
    {
        var terms = RetirementTerms.Of(options);
        await using var client = await Client.ConnectAsync(
            _transport, _schedulerAddress, new ClientOptions { Name = $"{Name} leaves" }, cancellationToken, _taskScheduler, _time);
        var row = (await client.RetireAsync(WorkerSelector.ById(Self.Id), terms, cancellationToken)).Rows[0];
        if (row.Outcome != RetirementOutcome.Refused)
        {
            await CloseAsync(CloseReason.Retired, "it asked to be retired, and was").WaitHereAsync(cancellationToken);
        }

        return row;
    }

    /// <summary>Sets a plugin up, when those of the incarnation before have been torn down.</summary>
    private async Task<Exception?> AddAsync(string name, Func<WorkerPlugin> create)
    {
        await _beforeEnded;
        return await _plugins.AddAsync(
            name, create, (plugin, token) => plugin.SetupAsync(this, token), static (plugin, token) => plugin.TeardownAsync(token));
    }

    private void OnAddPlugin(AddPlugin add) => _ = DoAsync(add.Number, add.Create switch
    {
        Func<WorkerPlugin> create => AddAsync(add.Name, create),
        AssemblyImage image => Task.FromResult<Exception?>(Load(image)),
        var other => Task.FromResult<Exception?>(PluginFunctions.NotFound(add.Name, other)),
    });

    /// <summary>Takes an assembly that a client has uploaded. A worker of the client's process has it already.</summary>
    private FunctionBindingException? Load(AssemblyImage image)
    {
        try
        {
            _host.Assemblies?.Load(image);
            return null;
        }
        catch (FunctionBindingException exception)
        {
            return exception;
        }
    }

    private void OnRemovePlugin(RemovePlugin remove) =>
        _ = DoAsync(remove.Number, _plugins.RemoveAsync(remove.Name, static (plugin, token) => plugin.TeardownAsync(token)));

    private async Task DoAsync(long number, Task<Exception?> order)
    {
        var error = await order;
        Inbox.Post(new PluginsChanged());
        _scheduler!.TrySend(new PluginDone(number, error));
    }

    /// <summary>Looks which hooks there are: those that nobody has cost nothing.</summary>
    private void OnPluginsChanged()
    {
        var plugins = _plugins.Plugins;
        _outbox.TellsTransitions = Array.Exists(plugins, static plugin => PluginHooks.IsOverridden((TransitionHook)plugin.Transition, typeof(WorkerPlugin)));
        _executor!.Around = Array.Exists(plugins, static plugin =>
            PluginHooks.IsOverridden((Action<TaskKey>)plugin.BeforeExecute, typeof(WorkerPlugin)) || PluginHooks.IsOverridden((Action<TaskKey>)plugin.AfterExecute, typeof(WorkerPlugin)))
            ? plugins
            : [];
    }

    private void TellTransition(TaskTransition transition) => _plugins.Call(nameof(WorkerPlugin.Transition), plugin => plugin.Transition(transition));

    /// <summary>A hook of a plugin threw, on whichever thread.</summary>
    public void PluginFailed(WorkerPlugin plugin, string hook, Exception exception) => Report(new PluginFailure(plugin.GetType().Name, hook, exception));

    private void Report(PluginFailure failure) => LogEvent("plugins", $"{Self.Name}: {failure}");

    private Task TearDownPluginsAsync() => _plugins.CallAllAsync("Teardown", static (plugin, token) => plugin.TeardownAsync(token));

    /// <summary>Plugins were added or removed.</summary>
    private sealed class PluginsChanged : Message;
}
