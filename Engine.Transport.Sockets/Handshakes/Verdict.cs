namespace Engine.Transport.Sockets.Handshakes;

/// <summary>What a side thinks of the other. One byte; numbers stay as they are.</summary>
internal enum Verdict : byte
{
    /// <summary>Go on.</summary>
    Accepted = 1,

    /// <summary>It speaks another version of the transport.</summary>
    OtherTransportVersion = 2,

    /// <summary>It writes messages in another way.</summary>
    OtherFormatVersion = 3,

    /// <summary>One side wants a secret or certificates and the other doesn't.</summary>
    OtherAuthentication = 4,

    /// <summary>It doesn't know the secret.</summary>
    WrongSecret = 5,

    /// <summary>A component of its role has no business here.</summary>
    WrongRole = 6,

    /// <summary>Its certificate is not for the role that it says.</summary>
    WrongCertificateRole = 7,

    /// <summary>Nobody is taken in any more.</summary>
    NotAccepting = 8,
}
