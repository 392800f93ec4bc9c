using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tests.TestKit;

namespace Engine.Tests.Clients;

public sealed class ClientCloseTests
{
    [Fact]
    public async Task What_was_submitted_leaves_before_the_client_closes_although_another_thread_is_sending()
    {
        using var transport = new SlowTransport();
        var client = await Client.ConnectAsync(transport, "slow://", new ClientOptions(), CancellationToken.None);
        var first = client.Submit(static () => 1);
        var sending = Task.Factory.StartNew(client.Flush, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await transport.Blocked.Task.Within("sending");

        client.FireAndForget(first);
        var closing = client.DisposeAsync().AsTask();
        transport.Go.Set();
        await Task.WhenAll(sending, closing).Within("end of the client");

        Assert.Equal(
            [typeof(RegisterClient), typeof(SubmitBatch), typeof(FireAndForgetRequest), typeof(Disconnect)],
            transport.Sent);
    }

    /// <summary>Holds the first submission up until it is told to go on.</summary>
    private sealed class SlowTransport : ITransport, IConnection, IDisposable
    {
        private IInbox? _inbox;

        public string Scheme => "slow";

        public bool CrossesProcesses => false;

        public ComponentIdentity Peer => default;

        public string PeerAddress => "slow://";

        public Disconnect? End { get; private set; }

        public List<Type> Sent { get; } = [];

        public TaskCompletionSource Blocked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ManualResetEventSlim Go { get; } = new();

        public ValueTask<IConnection> ConnectAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken)
        {
            _inbox = inbox;
            return ValueTask.FromResult<IConnection>(this);
        }

        public ValueTask<IListener> ListenAsync(string address, ComponentIdentity self, IInbox inbox, CancellationToken cancellationToken) =>
            throw new NotSupportedException("Nobody listens here.");

        public bool TrySend(Message message)
        {
            if (End is not null)
            {
                return false;
            }

            Sent.Add(message.GetType());
            if (message is RegisterClient)
            {
                _inbox!.Receive(this, new ClientRegistered(new ClientId(1))); // Not null: connected.
            }
            else if (message is SubmitBatch)
            {
                Blocked.SetResult();
                Go.Wait(TimeSpan.FromSeconds(30));
            }

            return true;
        }

        public void Close(Disconnect reason)
        {
            End = reason;
            Sent.Add(typeof(Disconnect));
            _inbox!.Disconnected(this, reason); // Not null: connected.
        }

        public void Dispose() => Go.Dispose();
    }
}
