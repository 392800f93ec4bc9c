using System.Collections.Concurrent;
using Engine.Plugins.Transports;
using Engine.Tests.TestKit;

namespace Engine.Tests.Comms.Sockets;

/// <summary>Two transports as one: one side of each connection is of each. It knows when what was sent has arrived.</summary>
internal sealed class WatchedTransport(ITransport listening, ITransport connecting) : ITransport
{
    private static readonly ConcurrentDictionary<int, TaskCompletionSource> Arrivals = new();
    private static int s_markers;

    public string Scheme => listening.Scheme;

    public bool CrossesProcesses => listening.CrossesProcesses;

    public static async Task ArrivedAsync(IConnection connection)
    {
        foreach (var lane in new[] { Lane.Data, Lane.Control })
        {
            var marker = new MarkerMessage(Interlocked.Increment(ref s_markers), lane);
            var arrival = Arrivals.GetOrAdd(marker.Number, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            Assert.True(connection.TrySend(marker));
            await arrival.Task.Within("a marker arrives");
        }
    }

    public ValueTask<IConnection> ConnectAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken) =>
        connecting.ConnectAsync(address, self, new Inbox(inbox), cancellationToken);

    public ValueTask<IListener> ListenAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken) =>
        listening.ListenAsync(address, self, new Inbox(inbox), cancellationToken);

    private sealed class Inbox(IInbox inner) : IInbox
    {
        public void Receive(IConnection connection, Message message)
        {
            if (message is MarkerMessage marker)
            {
                Arrivals[marker.Number].SetResult();
            }
            else
            {
                inner.Receive(connection, message);
            }
        }

        public void Disconnected(IConnection connection, Disconnect reason) => inner.Disconnected(connection, reason);

        public bool IsBehind(Action caughtUp) => inner.IsBehind(caughtUp);
    }
}
