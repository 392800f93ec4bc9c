using Engine.Plugins.Transports;
using Engine.Tests.Comms.Sockets;
using Engine.Tests.TestKit.Processes;

namespace Engine.Tests.TestKit.Networks;

/// <summary>
/// A cluster on four hosts: a scheduler, two hosts with a nanny process of two workers each, named a-0, a-1, b-0 and b-1, and this process with
/// a client. All talk TLS.
/// </summary>
internal sealed class NetworkCluster : IAsyncDisposable
{
    private const int WorkersOfAHost = 2;
    private readonly VirtualNetwork _network;
    private readonly CertificateFolder _certificates;
    private readonly List<EngineCommand> _commands = [];
    private Client? _client;
    private MemberLog? _members;
    private string _address = string.Empty;

    private NetworkCluster(int seed)
    {
        _network = new VirtualNetwork(seed);
        try
        {
            (Scheduler, A, B, Here) = (_network.AddHost(), _network.AddHost(), _network.AddHost(), _network.AddThisProcess());
            _certificates = new CertificateFolder([.. Hosts.Select(static host => host.Address)]);
        }
        catch
        {
            _network.Dispose();
            throw;
        }
    }

    public NetworkHost Scheduler { get; }

    public NetworkHost A { get; }

    public NetworkHost B { get; }

    public NetworkHost Here { get; }

    public NetworkHost[] Hosts => [Scheduler, A, B, Here];

    public Client Client => _client!; // Set when it has started.

    /// <summary>Who came and went, as the scheduler tells it.</summary>
    public MemberLog Members => _members!; // Set when it has started.

    /// <summary>The nanny process of host b.</summary>
    public EngineCommand NannyOfB => _commands[2];

    /// <param name="seed">Which packets are lost, and how late others are.</param>
    /// <param name="timeToLive">How long a worker may be silent.</param>
    /// <param name="setLine">Sets each host's line.</param>
    public static async Task<NetworkCluster> StartAsync(int seed, string timeToLive, Action<NetworkHost>? setLine = null)
    {
        var cluster = new NetworkCluster(seed);
        try
        {
            Array.ForEach(cluster.Hosts, setLine ?? (static _ => { }));
            await cluster.StartAsync(timeToLive);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts another nanny on a host; it and its workers have the host's label.</summary>
    public EngineCommand StartNanny(NetworkHost host, string label) => Start(
        host,
        ["nanny", _address, "--workers", $"{WorkersOfAHost}", "--name", label, "--host", label, "--listen", $"tls://{host.Address}:0", "--assembly", typeof(NetworkCluster).Assembly.Location]);

    public async ValueTask DisposeAsync()
    {
        try
        {
            Array.ForEach(Hosts, static host => host.Heal());
            if (_members is not null)
            {
                await _members.DisposeAsync();
            }

            if (_client is not null)
            {
                await _client.DisposeAsync();
            }

            foreach (var command in Enumerable.Reverse(_commands))
            {
                await command.DisposeAsync();
            }
        }
        finally
        {
            _network.Dispose();
            _certificates.Dispose();
        }
    }

    private async Task StartAsync(string timeToLive)
    {
        var scheduler = Start(Scheduler, ["scheduler", "--listen", $"tls://{Scheduler.Address}:0", "--worker-ttl", timeToLive]);
        _address = await scheduler.NextAsync("The scheduler listens at ");
        _client = await Client.ConnectAsync(_address, new ClientOptions { Security = _certificates.Of(ComponentRole.Client) }).Within("connection");
        _members = new MemberLog(_client, await _client.SubscribeAsync("workers").Within("subscription"));
        var (a, b) = (StartNanny(A, "a"), StartNanny(B, "b"));
        await a.NextAsync($"{WorkersOfAHost} workers run");
        await b.NextAsync($"{WorkersOfAHost} workers run");
        await _members.UntilAsync(members => members.Joined.Count == 2 * WorkersOfAHost, "all workers are told");
    }

    private EngineCommand Start(NetworkHost host, string[] arguments)
    {
        var command = EngineCommand.StartOn(host, [.. arguments, "--certificates", _certificates.Folder]);
        _commands.Add(command);
        return command;
    }
}
