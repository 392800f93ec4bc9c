using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tasks.Remote;

namespace Engine.Scheduling;

/// <summary>
/// Hands the plugins of workers, or of nannies, out: to those that are there, whose answers are awaited, and to those that
/// come later. dask: <c>register_worker_plugin</c>, <c>register_nanny_plugin</c>.
/// </summary>
/// <param name="kind">Of whom, for people.</param>
/// <param name="log">Told of a plugin that one who came later could not set up.</param>
/// <param name="uploadBytesMax">Bytes that assemblies among them may have together: they stay, because tasks may name them.</param>
internal sealed class RemotePlugins(RemotePluginKind kind, Action<string> log, long uploadBytesMax)
{
    private readonly List<(string Name, object Create)> _plugins = [];
    private readonly Dictionary<long, Order> _orders = [];
    private long _number;

    /// <summary>Gives a plugin to all that are there; the client is answered when they have said that they have it.</summary>
    public void Register(RegisterRemotePlugin request, ClientState client, IEnumerable<IConnection> members)
    {
        var isKnown = _plugins.Exists(plugin => plugin.Name == request.Name);
        if (isKnown && request.IsIdempotent)
        {
            Answer(client, request, null);
            return;
        }

        if (request.Create is AssemblyImage image
            && _plugins.Sum(static plugin => plugin.Create is AssemblyImage kept ? kept.Bytes.LongLength : 0) is var bytes && bytes + image.Bytes.LongLength > uploadBytesMax)
        {
            Answer(client, request, new PluginException(
                $"{image.Name} has {image.Bytes.LongLength} bytes, and the assemblies that were uploaded before have {bytes}; {uploadBytesMax} are allowed together. "
                + "Raise SchedulerOptions.UploadBytesMax, or give the workers the assembly when they are started."));
            return;
        }

        _plugins.RemoveAll(plugin => plugin.Name == request.Name);
        _plugins.Add((request.Name, request.Create));
        Send(new Order(++_number, request.Name, client, request, isRegistration: true), members, new AddPlugin(_number, request.Name, request.Create));
    }

    public void Unregister(UnregisterRemotePlugin request, ClientState client, IEnumerable<IConnection> members)
    {
        if (_plugins.RemoveAll(plugin => plugin.Name == request.Name) == 0)
        {
            var names = _plugins.Count == 0 ? "none" : string.Join(", ", _plugins.Select(static plugin => plugin.Name));
            Answer(client, request, new PluginException($"There is no {Kind} plugin \"{request.Name}\". There are: {names}."));
            return;
        }

        Send(new Order(++_number, request.Name, client, request, isRegistration: false), members, new RemovePlugin(_number, request.Name));
    }

    /// <summary>Somebody has come: he gets all plugins, in the order of registration.</summary>
    public void OnJoined(IConnection connection)
    {
        foreach (var (name, create) in _plugins)
        {
            var order = new Order(++_number, name, null, null, isRegistration: false);
            Send(order, [connection], new AddPlugin(order.Number, name, create));
        }
    }

    /// <summary>Somebody has gone: he won't answer.</summary>
    public void OnGone(IConnection connection)
    {
        foreach (var order in _orders.Values.ToList())
        {
            Settle(order, connection, null);
        }
    }

    public void OnDone(IConnection connection, PluginDone done)
    {
        if (_orders.TryGetValue(done.Number, out var order))
        {
            Settle(order, connection, done.Error);
        }
    }

    private string Kind => kind == RemotePluginKind.Worker ? "worker" : "nanny";

    private void Send(Order order, IEnumerable<IConnection> members, Message message)
    {
        order.Members = [.. members];
        order.Awaited = [.. order.Members];
        _orders.Add(order.Number, order);
        foreach (var member in order.Members)
        {
            if (!member.TrySend(message))
            {
                order.Awaited.Remove(member);
            }
        }

        EndIfSettled(order);
    }

    private void Settle(Order order, IConnection connection, Exception? error)
    {
        if (order.Awaited.Remove(connection))
        {
            order.Error ??= error;
            order.Failures += error is null ? 0 : 1;
            EndIfSettled(order);
        }
    }

    private void EndIfSettled(Order order)
    {
        if (order.Awaited.Count > 0)
        {
            return;
        }

        _orders.Remove(order.Number);
        var what = $"The {Kind} plugin \"{order.Name}\"";
        if (order.Client is not { } client)
        {
            if (order.Error is { } late)
            {
                log($"{what} could not be set up: {late.GetType().Name}: {late.Message}");
            }

            return;
        }

        if (order is { IsRegistration: true, Error: not null })
        {
            // A registration is whole or not at all.
            _plugins.RemoveAll(plugin => plugin.Name == order.Name);
            foreach (var member in order.Members)
            {
                member.TrySend(new RemovePlugin(0, order.Name));
            }
        }

        Answer(client, order.Request!, order.Error is not { } error ? null : new PluginException(
            $"{what} {(order.IsRegistration ? "could not be set up" : "could not be torn down")} at {order.Failures} of {order.Members.Count}, "
            + $"{(order.IsRegistration ? "so it is not registered" : "but is no longer registered")}: {error.Message}",
            error));
    }

    private static void Answer(ClientState client, Request request, Exception? error) =>
        Scheduler.Tell(client, new Reply(request.RequestId, null, error));

    private sealed class Order(long number, string name, ClientState? client, Request? request, bool isRegistration)
    {
        public readonly long Number = number;
        public readonly string Name = name;
        public readonly ClientState? Client = client;
        public readonly Request? Request = request;
        public readonly bool IsRegistration = isRegistration;
        public List<IConnection> Members = [];
        public HashSet<IConnection> Awaited = [];
        public Exception? Error;
        public int Failures;
    }
}
