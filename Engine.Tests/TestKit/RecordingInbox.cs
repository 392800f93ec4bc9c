using System.Threading.Channels;
using Engine.Plugins.Transports;

namespace Engine.Tests.TestKit;

/// <summary>An inbox that a test reads one by one.</summary>
internal sealed class RecordingInbox : IInbox
{
    private readonly Channel<(IConnection Connection, Message? Message, Disconnect? End)> _arrived =
        Channel.CreateUnbounded<(IConnection, Message?, Disconnect?)>();

    public void Receive(IConnection connection, Message message) => _arrived.Writer.TryWrite((connection, message, null));

    public void Disconnected(IConnection connection, Disconnect reason) => _arrived.Writer.TryWrite((connection, null, reason));

    /// <summary>What arrives next, a message or an end.</summary>
    public Task<(IConnection Connection, Message? Message, Disconnect? End)> NextAsync() =>
        _arrived.Reader.ReadAsync().AsTask().Within("something arrives at an inbox");

    /// <summary>The next message of a type; others are skipped.</summary>
    public async Task<TMessage> NextAsync<TMessage>()
        where TMessage : Message
    {
        while (true)
        {
            var (_, message, end) = await NextAsync();
            Assert.True(end is null, $"The connection ended before a {typeof(TMessage).Name} came: {end}");
            if (message is TMessage wanted)
            {
                return wanted;
            }
        }
    }

    /// <summary>The end of the connection; messages before it are skipped.</summary>
    public async Task<Disconnect> NextEndAsync()
    {
        while (true)
        {
            if (await NextAsync() is { End: { } end })
            {
                return end;
            }
        }
    }

    public bool TryNext(out (IConnection Connection, Message? Message, Disconnect? End) next) => _arrived.Reader.TryRead(out next);
}
