namespace Engine.Nannies.Processes;

/// <summary>Nanny to worker, first of all: what the worker has to know. Secrets travel here and nowhere else: not in arguments, not in variables.</summary>
internal sealed record LaunchDocument : PipeMessage
{
    /// <summary>The version of these messages. A program whose files were replaced while it ran may start workers of another.</summary>
    public int Version { get; init; } = LaunchCodec.Version;

    /// <summary>The scheduler's address.</summary>
    public required string Scheduler { get; init; }

    /// <summary>Where the worker listens; null: at an address that is chosen.</summary>
    public string? Listen { get; init; }

    /// <summary>The nanny's number.</summary>
    public required Guid Nanny { get; init; }

    /// <summary>How long the worker will stay at most, or null.</summary>
    public TimeSpan? Leaves { get; init; }

    /// <summary>Variables that plugins of the nanny gave. The process has them set; task contexts show them.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Variables that were only for the start of the process; what functions start shall not inherit them.</summary>
    public IReadOnlyList<string> Unset { get; init; } = [];

    /// <summary>Whether machines check themselves after every step.</summary>
    public bool Validate { get; init; }

    /// <summary>Files of assemblies in which functions are looked for, beside those of the program.</summary>
    public IReadOnlyList<string> Assemblies { get; init; } = [];

    public required WorkerDocument Worker { get; init; }

    public required SecurityDocument Security { get; init; }
}

/// <summary>The options of a worker that are data.</summary>
internal sealed record WorkerDocument
{
    public required string Name { get; init; }

    public required int Threads { get; init; }

    public required IReadOnlyDictionary<string, double> Resources { get; init; }

    public string? Host { get; init; }

    public required TimeSpan CloseTimeout { get; init; }

    public long? MemoryLimit { get; init; }

    public double? MemoryTarget { get; init; }

    public double? MemoryPause { get; init; }

    public double? MemoryTerminate { get; init; }
}

/// <summary>Who the worker trusts. See <see cref="Plugins.Transports.TransportSecurity"/>.</summary>
internal sealed record SecurityDocument
{
    public byte[]? Secret { get; init; }

    public string? CertificateFile { get; init; }

    public string? KeyFile { get; init; }

    public string? AuthorityFile { get; init; }

    public bool AllowInsecure { get; init; }

    /// <summary>Without the secret, which no log may show.</summary>
    public override string ToString() => nameof(SecurityDocument);
}
