namespace Engine.Plugins.Transports;

/// <summary>What a transport is made with.</summary>
public sealed class TransportSettings
{
    /// <summary>The scheme of the addresses that it shall serve.</summary>
    public required string Scheme { get; init; }

    /// <summary>How messages are written.</summary>
    public required IWireFormat Format { get; init; }

    /// <summary>Who is trusted.</summary>
    /// <value>Nobody.</value>
    public TransportSecurity Security { get; init; } = new();

    /// <summary>What is too much and too long.</summary>
    /// <value>The defaults.</value>
    public TransportLimits Limits { get; init; } = new();

    /// <summary>The clock.</summary>
    /// <value>The system's.</value>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>What is too much and too long for a transport that crosses processes. Checked before memory is taken.</summary>
public sealed class TransportLimits
{
    /// <summary>How long a connection may take until both sides know and trust each other.</summary>
    /// <value>10 seconds.</value>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the last messages of a connection that was closed here may take to leave.</summary>
    /// <value>5 seconds.</value>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Connections of a listener that have not said who they are, at the same time. One more, and the oldest is dropped.</summary>
    /// <value>1024.</value>
    public int HandshakesMax { get; init; } = 1024;

    /// <summary>Bytes of a message without its attachments.</summary>
    /// <value>64 MiB.</value>
    public int BodyBytesMax { get; init; } = 64 << 20;

    /// <summary>Bytes of a message with its attachments.</summary>
    /// <value>2 GiB less one page: what one array holds.</value>
    public long MessageBytesMax { get; init; } = (2L << 30) - 4096;

    /// <summary>Attachments of one message.</summary>
    /// <value>65536.</value>
    public int AttachmentsMax { get; init; } = 1 << 16;

    /// <summary>Bytes of the data lane that may be under way to a component that is behind.</summary>
    /// <value>16 MiB.</value>
    public int WindowBytes { get; init; } = 16 << 20;
}

/// <summary>Who is trusted by a transport that crosses processes, and why.</summary>
/// <remarks>dask: <c>Security</c>.</remarks>
public sealed class TransportSecurity
{
    /// <summary>What both sides have to know, or null. Each proves that it knows it without sending it. It protects neither content nor against somebody in between: for use within one machine.</summary>
    public ReadOnlyMemory<byte>? Secret { get; init; }

    /// <summary>The file of this component's certificate, in PEM; or null. Its role is in the certificate.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The file of the certificate's private key, in PEM; or null.</summary>
    public string? KeyFile { get; init; }

    /// <summary>The file of the authority's certificate, in PEM; or null. Whoever shows a certificate of this authority is trusted, in the role that the certificate says.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>Whether connections are allowed that anybody can read, change and make. For networks that are closed to others.</summary>
    /// <value>false.</value>
    public bool AllowInsecure { get; init; }
}
