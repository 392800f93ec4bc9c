using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.Machine;

namespace Engine.Scheduling;

/// <summary>
/// Plugins are told after the step, when peers, clients and nannies have been; what they may decide is asked before the
/// machine is given the event.
/// </summary>
internal sealed partial class Scheduler
{
    private readonly SchedulerPluginSet _plugins;
    private readonly RemotePlugins _workerPlugins;
    private readonly RemotePlugins _nannyPlugins;
    private readonly List<(RemotePlugins Plugins, IConnection Connection)> _joined = [];
    private readonly SchedulerPlugin[] _pluginsAtStart;
    private SchedulerContext? _context;

    void ISchedulerSink.Publish(ReadOnlySpan<TaskTransition> transitions)
    {
        foreach (ref readonly var transition in transitions)
        {
            _plugins.Transition(transition);
        }
    }

    void ISchedulerSink.Publish(object happened)
    {
        switch (happened)
        {
            case WorkerAdded added:
                _plugins.AddWorker(added);
                break;
            case WorkerRemoved removed:
                _plugins.RemoveWorker(removed);
                break;
            case WorkerStatusChanged changed:
                _plugins.WorkerStatusChanged(changed);
                break;
            case RetirementProposed proposed:
                Inbox.Post(new RetireProposed(proposed));
                break;
            case ClientAdded client:
                _plugins.AddClient(client.Client);
                break;
            case ClientRemoved client:
                _plugins.RemoveClient(client.Client);
                break;
            case GraphUpdate update:
                _plugins.UpdateGraph(update);
                break;
            case Restarted:
                _plugins.Restart();
                break;
            case TopicEvent logged when logged.Topic != PluginTopic: // A hook that fails would be told of its failure, and so on.
                _plugins.LogEvent(logged.Topic, logged.Content);
                break;
        }
    }

    /// <summary>The topic of what goes wrong with plugins.</summary>
    private const string PluginTopic = "plugins";

    private void HandlePlugins(Message message)
    {
        switch (message)
        {
            case PluginFailed failed:
                _machine.LogEvent(PluginTopic, failed.Failure.ToString());
                break;
            case PluginLog logged:
                _machine.LogEvent(logged.Topic, logged.Content);
                break;
            case PluginStarted started:
                OnStarted(started);
                break;
            case RetireProposed { Proposed: var proposed } when proposed.Worker.IsMember:
                Retire(null, 0, WorkerSelector.ById(proposed.Worker.Id), RetirementTerms.Of(null));
                break;
            case RetirementWorkDone done:
                _machine.OnRetirementWorkDone(done.Worker, _now);
                break;
        }
    }

    private void HandleWithPlugins(ClientState client, Request request)
    {
        switch (request)
        {
            case RetireRequest retire:
                Retire(client, retire.RequestId, retire.Workers, retire.Terms);
                break;
            case WorkersToCloseRequest toClose:
                Reply(client, request, _machine.WorkersToClose(toClose.Rule, ValidForDownscaling()));
                break;
            case RegisterSchedulerPlugin register:
                _ = AddPluginAsync(register.Plugin, client, request);
                break;
            case UnregisterSchedulerPlugin unregister:
                var isKnown = _plugins.Remove(unregister.Name);
                TellMachineWhatIsWanted();
                Reply(client, request, null, isKnown ? null : Unknown("scheduler plugin", unregister.Name, _plugins.Names));
                break;
            case RegisterRemotePlugin { Kind: RemotePluginKind.Worker } register:
                _workerPlugins.Register(register, client, _workers.Where(static pair => pair.Value.IsMember).Select(static pair => pair.Key));
                break;
            case RegisterRemotePlugin register:
                _nannyPlugins.Register(register, client, _nannies.Keys);
                break;
            case UnregisterRemotePlugin { Kind: RemotePluginKind.Worker } unregister:
                _workerPlugins.Unregister(unregister, client, _workers.Where(static pair => pair.Value.IsMember).Select(static pair => pair.Key));
                break;
            case UnregisterRemotePlugin unregister:
                _nannyPlugins.Unregister(unregister, client, _nannies.Keys);
                break;
            case RegisterPolicy register:
                _machine.AddPolicy(register.Policy);
                Reply(client, request, null);
                break;
            case UnregisterPolicy unregister:
                Reply(client, request, null, _machine.RemovePolicy(unregister.Name) ? null : Unknown("policy", unregister.Name, []));
                break;
        }
    }

    /// <summary>Who has joined in this step, and has been told so, gets the plugins of its kind.</summary>
    private void HandOutPlugins()
    {
        foreach (var (plugins, connection) in _joined)
        {
            plugins.OnJoined(connection);
        }

        _joined.Clear();
    }

    private void Retire(ClientState? client, long requestId, WorkerSelector selector, RetirementTerms terms)
    {
        var chosen = _machine.Choose(selector, selector is ToCloseSelector ? ValidForDownscaling() : []);
        if (chosen is not RetirementChoice choice)
        {
            if (client is not null)
            {
                Tell(client, new Reply(requestId, null, (Exception)chosen));
            }

            return;
        }

        var answers = new Dictionary<WorkerId, PluginAnswer>();
        foreach (var (worker, _) in choice.Rows)
        {
            if (worker is { Retirement: null } && _plugins.Count > 0)
            {
                answers[worker.Id] = AskPlugins(worker);
            }
        }

        _machine.Retire(client, requestId, choice, terms, answers, _now);
    }

    private PluginAnswer AskPlugins(WorkerState worker)
    {
        var retiring = new WorkerRetiring(_machine.Info(worker));
        _plugins.WorkerRetiring(retiring);
        if (retiring.VetoReason is null)
        {
            foreach (var work in retiring.Work)
            {
                _ = FollowAsync(work);
            }
        }

        return new PluginAnswer(retiring.VetoReason, retiring.Work.Count);

        async Task FollowAsync(Task work)
        {
            await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.ForceYielding);
            Inbox.Post(new RetirementWorkDone(worker));
        }
    }

    private IReadOnlyList<WorkerInfo> ValidForDownscaling() => _plugins.ValidWorkersForDownscaling(_machine.ValidForDownscaling());

    /// <summary>Starts a plugin; it is told of all that happens after the task ends. Gives what kept it from that, or null.</summary>
    public async Task<Exception?> AddPluginAsync(SchedulerPlugin plugin)
    {
        if (plugin.IsIdempotent && _plugins.Contains(plugin.Name))
        {
            return null;
        }

        _context ??= new SchedulerContext(this, _transport, _taskScheduler, _time, Meter);
        if (await _plugins.StartAsync(plugin, _context) is { } error)
        {
            return new PluginException($"{plugin.Name} did not start, so it was not registered: {error.Message}", error);
        }

        var started = new PluginStarted(plugin);
        var isHeard = Inbox.Post(started);
        if (isHeard)
        {
            await Task.WhenAny(started.Added.OnOwnScheduler(), _closed.Task.OnOwnScheduler());
        }

        return isHeard && started.Added.IsCompleted
            ? null
            : new ConnectionClosedException($"The scheduler has closed, so {plugin.Name} was not registered.");
    }

    /// <summary>Starts the plugins that it has from the start; nobody has joined yet.</summary>
    private async Task StartPluginsAsync()
    {
        foreach (var plugin in _pluginsAtStart)
        {
            if (await AddPluginAsync(plugin) is { } error)
            {
                throw new PluginException($"The scheduler did not start: {error.Message}", error.InnerException);
            }
        }
    }

    private async Task AddPluginAsync(SchedulerPlugin plugin, ClientState client, Request request) =>
        Reply(client, request, null, await AddPluginAsync(plugin));

    private void OnStarted(PluginStarted started)
    {
        if (!started.Plugin.IsIdempotent || !_plugins.Contains(started.Plugin.Name)) // Another one of its name may have started meanwhile.
        {
            _plugins.Add(started.Plugin);
            TellMachineWhatIsWanted();
        }

        started.Tell();
    }

    private void TellMachineWhatIsWanted()
    {
        _machine.TellsEvents = _plugins.TellsEvents;
        _machine.TellsGraphs = _plugins.TellsGraphs;
        _machine.TellsTransitions = _plugins.TellsTransitions;
    }

    private static void Reply(ClientState client, Request request, object? value, Exception? error = null) =>
        Tell(client, new Reply(request.RequestId, value, error));

    private static PluginException Unknown(string what, string name, IEnumerable<string> names) =>
        new($"There is no {what} \"{name}\". There are: {(names.Any() ? string.Join(", ", names) : "none")}.");

    /// <summary>Plugins may do something before anything is closed; for as long as their limits allow.</summary>
    private void Stop()
    {
        if (_isStopping)
        {
            return;
        }

        _isStopping = true;
        if (_plugins.Count == 0)
        {
            Inbox.Post(Stopped.Instance);
        }
        else
        {
            _ = StopAsync();
        }

        async Task StopAsync()
        {
            await _plugins.BeforeCloseAsync();
            Inbox.Post(Stopped.Instance);
        }
    }

    private bool _isStopping;

    private async Task ClosePluginContextAsync()
    {
        if (_context is { } context)
        {
            await context.DisposeAsync();
        }
    }

    /// <summary>Asks for news of members. They come before whoever caused them is answered; on the scheduler's loop, so don't block.</summary>
    internal void Subscribe(Action<WorkerInfo> added, Action<WorkerInfo, CloseReason> removed) => _memberObservers = [.. _memberObservers, (added, removed)];

    /// <summary>Adds an event to a topic; from any thread.</summary>
    internal void Log(string topic, object? content) => Inbox.Post(new PluginLog(topic, content));

    private (Action<WorkerInfo> Added, Action<WorkerInfo, CloseReason> Removed)[] _memberObservers = [];

    private void TellOfMembers()
    {
        if (_memberObservers.Length == 0)
        {
            return;
        }

        foreach (var happened in _outbox.Happened)
        {
            foreach (var (added, removed) in _memberObservers)
            {
                switch (happened)
                {
                    case WorkerAdded { Worker: var worker }:
                        added(worker);
                        break;
                    case WorkerRemoved gone:
                        removed(gone.Worker, gone.Reason);
                        break;
                }
            }
        }
    }

    private sealed class PluginFailed(PluginFailure failure) : Message
    {
        public PluginFailure Failure { get; } = failure;
    }

    private sealed class PluginLog(string topic, object? content) : Message
    {
        public string Topic { get; } = topic;

        public object? Content { get; } = content;
    }

    private sealed class PluginStarted(SchedulerPlugin plugin) : Message
    {
        private readonly TaskCompletionSource _added = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public SchedulerPlugin Plugin { get; } = plugin;

        /// <summary>Ends when it is among the others.</summary>
        public Task Added => _added.Task;

        public void Tell() => _added.SetResult();
    }

    private sealed class RetireProposed(RetirementProposed proposed) : Message
    {
        public RetirementProposed Proposed { get; } = proposed;
    }

    private sealed class RetirementWorkDone(WorkerState worker) : Message
    {
        public WorkerState Worker { get; } = worker;
    }
}
