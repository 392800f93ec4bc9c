namespace Engine.Tests.TestKit;

/// <summary>A cluster within the process whose machines check themselves after every step, and a client of it.</summary>
/// <remarks><c>await using var cluster = await ClusterFixture.StartAsync(workers: 2);</c></remarks>
internal sealed class ClusterFixture : IAsyncDisposable
{
    private readonly List<Client> _clients = [];

    private ClusterFixture(LocalCluster cluster) => Cluster = cluster;

    public LocalCluster Cluster { get; }

    /// <summary>The first client.</summary>
    public Client Client => _clients[0];

    /// <summary>Starts a cluster with names "0", "1" and so on for its workers, and connects a client.</summary>
    /// <param name="workers">How many workers.</param>
    /// <param name="threads">Tasks that each runs at the same time.</param>
    /// <param name="configure">Changes the cluster's options before it starts.</param>
    /// <param name="client">The client's options.</param>
    public static async Task<ClusterFixture> StartAsync(
        int workers = 2, int threads = 1, Action<LocalClusterOptions>? configure = null, ClientOptions? client = null)
    {
        var options = new LocalClusterOptions { Workers = workers, ThreadsPerWorker = threads };
        options.Scheduler.Validate = true;
        configure?.Invoke(options);
        var fixture = new ClusterFixture(await LocalCluster.StartAsync(options).Within("start of the cluster"));
        await fixture.ConnectAsync(client);
        return fixture;
    }

    /// <summary>Connects another client; closed with the fixture.</summary>
    public async Task<Client> ConnectAsync(ClientOptions? options = null)
    {
        var client = await Cluster.ConnectAsync(options).Within("connection of a client");
        _clients.Add(client);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync().AsTask().Within($"end of {client.Id}");
        }

        await Cluster.DisposeAsync().AsTask().Within("end of the cluster");
    }
}
