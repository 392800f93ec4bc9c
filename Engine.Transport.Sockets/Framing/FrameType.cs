namespace Engine.Transport.Sockets.Framing;

/// <summary>What a frame is: the byte behind its length. Numbers stay as they are; a new one changes <see cref="Handshakes.Hello.TransportVersion"/>.</summary>
internal enum FrameType : byte
{
    /// <summary>A whole message of the data lane: its kind, its body.</summary>
    DataMessage = 1,

    /// <summary>A whole message of the control lane.</summary>
    ControlMessage = 2,

    /// <summary>The announcement of a message that comes in pieces: its kind and all lengths.</summary>
    DataStart = 3,

    /// <summary>The same of the control lane.</summary>
    ControlStart = 4,

    /// <summary>The next bytes of the message that was announced: body first, then its attachments.</summary>
    DataPiece = 5,

    /// <summary>The same of the control lane.</summary>
    ControlPiece = 6,

    /// <summary>The other side may send so many bytes more of the data lane.</summary>
    Credit = 7,

    /// <summary>The last frame of a side that ends the connection: why.</summary>
    Close = 8,

    /// <summary>The last frame of a side that was told of the end.</summary>
    CloseAck = 9,
}
