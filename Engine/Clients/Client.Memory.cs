using Engine.Plugins;
using Engine.Protocol;

namespace Engine;

/// <content>Copies of values, and plugins.</content>
public sealed partial class Client
{
    /// <summary>Wishes that values are held by several workers. The wish is kept with the key: lost copies are made again, and no policy drops them.</summary>
    /// <param name="futures">Futures that have finished.</param>
    /// <param name="count">How many workers shall hold each, 1 or more; as many as there are, if there are fewer. 1 takes the wish back.</param>
    /// <param name="cancellationToken">Gives up waiting; the wish stays.</param>
    /// <returns>Ends when the copies are there.</returns>
    /// <exception cref="UnknownKeyException">One has no value on a worker; nothing was done.</exception>
    /// <remarks>dask: <c>Client.replicate</c>, whose copies the memory manager takes away again.</remarks>
    public async Task ReplicateAsync(IEnumerable<Future> futures, int count, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(futures);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        await AskAsync<object?>(new ReplicateRequest([.. futures.Select(static future => future.Key)], count), cancellationToken);
    }

    /// <summary>Lets the active memory manager run, from round to round.</summary>
    /// <param name="cancellationToken">Gives the question up.</param>
    /// <returns>Ends when it does.</returns>
    public Task StartActiveMemoryManagerAsync(CancellationToken cancellationToken = default) =>
        AskAsync<bool>(new ActiveMemoryRequest(ActiveMemoryCommand.Start), cancellationToken);

    /// <summary>Stops the active memory manager. Retirements move what they have to all the same.</summary>
    /// <param name="cancellationToken">Gives the question up.</param>
    /// <returns>Ends when it has stopped.</returns>
    public Task StopActiveMemoryManagerAsync(CancellationToken cancellationToken = default) =>
        AskAsync<bool>(new ActiveMemoryRequest(ActiveMemoryCommand.Stop), cancellationToken);

    /// <summary>Runs one round of the active memory manager now, whether it runs from round to round or not.</summary>
    /// <param name="cancellationToken">Gives the question up.</param>
    /// <returns>Ends when its decisions are on their way.</returns>
    public Task RunActiveMemoryManagerOnceAsync(CancellationToken cancellationToken = default) =>
        AskAsync<bool>(new ActiveMemoryRequest(ActiveMemoryCommand.RunOnce), cancellationToken);

    /// <summary>Whether the active memory manager runs from round to round.</summary>
    /// <param name="cancellationToken">Gives the question up.</param>
    /// <returns>Whether it does.</returns>
    public Task<bool> IsActiveMemoryManagerRunningAsync(CancellationToken cancellationToken = default) =>
        AskAsync<bool>(new ActiveMemoryRequest(ActiveMemoryCommand.IsRunning), cancellationToken);

    /// <summary>Adds a policy to the active memory manager; one of the same name is replaced.</summary>
    /// <param name="policy">The policy. It runs in the scheduler's turn.</param>
    /// <param name="cancellationToken">Gives the question up.</param>
    /// <returns>Ends when it is among the others.</returns>
    public Task AddPolicyAsync(IActiveMemoryManagerPolicy policy, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentException.ThrowIfNullOrEmpty(policy.Name);
        return AskAsync<object?>(new RegisterPolicy(policy), cancellationToken);
    }

    /// <summary>Adds the policy that moves values from workers that hold much to those that hold little.</summary>
    /// <param name="cancellationToken">Gives the question up.</param>
    /// <returns>Ends when it is among the others.</returns>
    /// <remarks>dask: <c>Client.rebalance</c>, which must not be used while tasks run. Here it works on, round by round, until it is removed ("Rebalance").</remarks>
    public Task AddRebalanceAsync(CancellationToken cancellationToken = default) =>
        AskAsync<bool>(new ActiveMemoryRequest(ActiveMemoryCommand.AddRebalance), cancellationToken);

    /// <summary>Removes a policy from the active memory manager.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives the question up.</param>
    /// <returns>Ends when it is no longer among the others.</returns>
    /// <exception cref="PluginException">There is none of the name.</exception>
    public Task RemovePolicyAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return AskAsync<object?>(new UnregisterPolicy(name), cancellationToken);
    }

    /// <summary>Registers a plugin of the scheduler.</summary>
    /// <param name="plugin">The plugin. One of the same name is closed and replaced; if the new one is idempotent, the old one stays.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Ends when it has started and is told of all that happens from now on.</returns>
    /// <exception cref="PluginException">It threw when it was started, and is not registered.</exception>
    /// <remarks>dask: <c>Client.register_plugin</c>.</remarks>
    public Task RegisterPluginAsync(SchedulerPlugin plugin, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plugin);
        ArgumentException.ThrowIfNullOrEmpty(plugin.Name);
        return AskAsync<object?>(new RegisterSchedulerPlugin(plugin), cancellationToken);
    }

    /// <summary>Registers a plugin of all workers, those that come later included.</summary>
    /// <param name="name">Its name; one of the same name is torn down and replaced.</param>
    /// <param name="create">Makes an instance for a worker.</param>
    /// <param name="isIdempotent">Whether nothing is done if there is one of the name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Ends when all workers have set it up.</returns>
    /// <exception cref="PluginException">One of the workers could not set it up, so it is not registered. One that comes later and can't is logged in the topic <c>plugins</c>.</exception>
    /// <remarks>dask: <c>Client.register_plugin</c> of a <c>WorkerPlugin</c>.</remarks>
    public Task RegisterWorkerPluginAsync(string name, Func<WorkerPlugin> create, bool isIdempotent = false, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(create);
        CheckCrossing(create);
        return AskAsync<object?>(new RegisterRemotePlugin(RemotePluginKind.Worker, name, create, isIdempotent), cancellationToken);
    }

    /// <summary>Removes a plugin of all workers; it is torn down.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Ends when no worker has it.</returns>
    /// <exception cref="PluginException">There is none of the name, or a teardown threw; it is removed all the same.</exception>
    /// <remarks>dask: <c>Client.unregister_worker_plugin</c>.</remarks>
    public Task UnregisterWorkerPluginAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return AskAsync<object?>(new UnregisterRemotePlugin(RemotePluginKind.Worker, name), cancellationToken);
    }

    /// <summary>Registers a plugin of all nannies, those that come later included.</summary>
    /// <param name="name">Its name; one of the same name is torn down and replaced.</param>
    /// <param name="create">Makes an instance for a nanny.</param>
    /// <param name="isIdempotent">Whether nothing is done if there is one of the name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Ends when all nannies have it.</returns>
    /// <exception cref="PluginException">It could not be made for one of the nannies, so it is not registered.</exception>
    /// <remarks>dask: <c>Client.register_plugin</c> of a <c>NannyPlugin</c>.</remarks>
    public Task RegisterNannyPluginAsync(string name, Func<NannyPlugin> create, bool isIdempotent = false, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(create);
        return AskAsync<object?>(new RegisterRemotePlugin(RemotePluginKind.Nanny, name, create, isIdempotent), cancellationToken);
    }

    /// <summary>Removes a plugin of all nannies; it is torn down.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Ends when no nanny has it.</returns>
    /// <exception cref="PluginException">There is none of the name, or a teardown threw; it is removed all the same.</exception>
    /// <remarks>dask: <c>Client.unregister_worker_plugin(nanny=True)</c>.</remarks>
    public Task UnregisterNannyPluginAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return AskAsync<object?>(new UnregisterRemotePlugin(RemotePluginKind.Nanny, name), cancellationToken);
    }

    /// <summary>Removes a plugin of the scheduler; it is closed.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Ends when it is told of nothing more.</returns>
    /// <exception cref="PluginException">There is none of the name.</exception>
    /// <remarks>dask: <c>Client.unregister_scheduler_plugin</c>.</remarks>
    public Task UnregisterSchedulerPluginAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return AskAsync<object?>(new UnregisterSchedulerPlugin(name), cancellationToken);
    }
}
