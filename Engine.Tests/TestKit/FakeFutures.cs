using System.Runtime.CompilerServices;
using Engine.Data;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tasks;

namespace Engine.Tests.TestKit;

/// <summary>Futures, maps and contexts without a scheduler or a worker behind them: the one place that knows how they are made.</summary>
internal static class FakeFutures
{
    private static readonly ConstantWork s_work = new(DataValue.From(0));
    private static readonly Lazy<Client> s_client = new(Connect);

    /// <summary>A future that is held, and stays pending.</summary>
    public static Future<T> New<T>() => s_client.Value.Enqueue<T>(s_work, [], null);

    public static bool IsDisposed(Future future) => future.Status == FutureStatus.Released;

    /// <summary>A map without elements, to be compared by reference.</summary>
    public static FutureMap<T> NewMap<T>() => s_client.Value.EnqueueMap<T>(s_work, 0, null);

    /// <summary>A context that may be compared by reference only.</summary>
    public static TaskContext NewContext() => (TaskContext)RuntimeHelpers.GetUninitializedObject(typeof(TaskContext));

#pragma warning disable VSTHRD002 // Once, and the scheduler that answers is in this file.
    private static Client Connect() =>
        Client.ConnectAsync(new NoCluster(), "fake://", new ClientOptions(), CancellationToken.None).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002

    /// <summary>A scheduler that takes everything and answers registrations only.</summary>
    private sealed class NoCluster : ITransport
    {
        public string Scheme => "fake";

        public bool CrossesProcesses => false;

        public ValueTask<IConnection> ConnectAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken) =>
            ValueTask.FromResult<IConnection>(new Sink(inbox));

        public ValueTask<IListener> ListenAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken) =>
            throw new NotSupportedException("Nobody listens in tests without a cluster. Use ClusterFixture.");
    }

    private sealed class Sink(IInbox inbox) : IConnection
    {
        public string PeerAddress => "fake://";

        public ComponentIdentity Peer => default;

        public Disconnect? End { get; private set; }

        public bool TrySend(Message message)
        {
            if (message is RegisterClient)
            {
                inbox.Receive(this, new ClientRegistered(new ClientId(1)));
            }

            MessagePools.Return(message);
            return true;
        }

        public void Close(Disconnect reason)
        {
            End = reason;
            inbox.Disconnected(this, reason);
        }
    }
}
