namespace Engine.Plugins.Transports;

/// <summary>One end of a connection between two components.</summary>
/// <remarks>dask: <c>Comm</c>. Messages come in through the <see cref="IInbox"/> that was given when it was made.</remarks>
public interface IConnection
{
    /// <summary>The address of the other end, for people and logs.</summary>
    string PeerAddress { get; }

    /// <summary>Who is at the other end. A transport that crosses processes has checked the role as far as its security goes.</summary>
    ComponentIdentity Peer { get; }

    /// <summary>The end of the connection, or null while it is open.</summary>
    Disconnect? End { get; }

    /// <summary>Sends a message without waiting. Never blocks, never throws.</summary>
    /// <param name="message">The message; the connection owns it from now on.</param>
    /// <returns>False when the connection has ended: the message was not sent and its end is the caller's business.</returns>
    bool TrySend(Message message);

    /// <summary>Ends the connection. The first call decides the reason; both inboxes are told once, after all that was sent before.</summary>
    /// <param name="reason">Why it ends.</param>
    void Close(Disconnect reason);
}

/// <summary>Where the messages of a component's connections arrive.</summary>
public interface IInbox
{
    /// <summary>Takes a message. Must not block and must not throw.</summary>
    /// <param name="connection">The component's own end of the connection.</param>
    /// <param name="message">The message; the component owns it from now on.</param>
    void Receive(IConnection connection, Message message);

    /// <summary>Tells that the connection has ended; called once, after its last message.</summary>
    /// <param name="connection">The component's own end of the connection.</param>
    /// <param name="reason">Why it ended.</param>
    void Disconnected(IConnection connection, Disconnect reason);

    /// <summary>Asks whether the component is behind with its messages. A transport that crosses processes then lets the other side send no more data until it is told.</summary>
    /// <param name="caughtUp">Called once, on any thread, when the component has caught up; not called if the answer is false. Must not block.</param>
    /// <returns>Whether it is behind.</returns>
    bool IsBehind(Action caughtUp) => false;
}
