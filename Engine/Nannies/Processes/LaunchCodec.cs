using Engine.Protocol.Wire;
using Engine.Protocol.Wire.Codecs;

namespace Engine.Nannies.Processes;

/// <summary>What a worker has to know, as bytes. See <see cref="PipeCodec"/>.</summary>
internal static class LaunchCodec
{
    /// <summary>The version that this assembly writes and reads. It comes first, so that any other can be told.</summary>
    public const int Version = 2;

    public static void Write(ref WireWriter writer, LaunchDocument launch)
    {
        writer.Count(launch.Version);
        writer.Text(launch.Scheduler);
        writer.Text(launch.Listen);
        writer.Guid(launch.Nanny);
        Fields.WriteOptional(ref writer, launch.Leaves);
        WriteVariables(ref writer, launch.Environment);
        Fields.WriteTexts(ref writer, launch.Unset);
        writer.Bool(launch.Validate);
        Fields.WriteTexts(ref writer, launch.Assemblies);
        Write(ref writer, launch.Worker);
        Write(ref writer, launch.Security);
    }

    /// <exception cref="ProtocolViolationException">It is of another version, or broken.</exception>
    public static LaunchDocument Read(ref WireReader reader)
    {
        var version = reader.Count();
        if (version != Version)
        {
            throw new ProtocolViolationException(
                $"The nanny speaks version {version}, this process {Version}: the program's files were replaced while it ran. Start the program anew.");
        }

        return new LaunchDocument
        {
            Scheduler = reader.TextNotNull(),
            Listen = reader.Text(),
            Nanny = reader.Guid(),
            Leaves = Fields.ReadOptionalTime(ref reader),
            Environment = ReadVariables(ref reader),
            Unset = Fields.ReadTexts(ref reader),
            Validate = reader.Bool(),
            Assemblies = Fields.ReadTexts(ref reader),
            Worker = ReadWorker(ref reader),
            Security = ReadSecurity(ref reader),
        };
    }

    private static void Write(ref WireWriter writer, WorkerDocument worker)
    {
        writer.Text(worker.Name);
        writer.Count(worker.Threads);
        Fields.WriteAmounts(ref writer, worker.Resources);
        writer.Text(worker.Host);
        writer.Time(worker.CloseTimeout);
        Fields.WriteOptional(ref writer, worker.MemoryLimit);
        WriteFraction(ref writer, worker.MemoryTarget);
        WriteFraction(ref writer, worker.MemoryPause);
        WriteFraction(ref writer, worker.MemoryTerminate);
    }

    private static WorkerDocument ReadWorker(ref WireReader reader) => new()
    {
        Name = reader.TextNotNull(),
        Threads = reader.Count(),
        Resources = Fields.ReadResources(ref reader),
        Host = reader.Text(),
        CloseTimeout = reader.Time(),
        MemoryLimit = Fields.ReadOptional(ref reader),
        MemoryTarget = ReadFraction(ref reader),
        MemoryPause = ReadFraction(ref reader),
        MemoryTerminate = ReadFraction(ref reader),
    };

    private static void Write(ref WireWriter writer, SecurityDocument security)
    {
        writer.Bool(security.Secret is not null);
        if (security.Secret is { } secret)
        {
            writer.Bytes(secret);
        }

        writer.Text(security.CertificateFile);
        writer.Text(security.KeyFile);
        writer.Text(security.AuthorityFile);
        writer.Bool(security.AllowInsecure);
    }

    private static SecurityDocument ReadSecurity(ref WireReader reader) => new()
    {
        Secret = reader.Bool() ? reader.Bytes() : null,
        CertificateFile = reader.Text(),
        KeyFile = reader.Text(),
        AuthorityFile = reader.Text(),
        AllowInsecure = reader.Bool(),
    };

    private static void WriteVariables(ref WireWriter writer, IReadOnlyDictionary<string, string> variables)
    {
        writer.Count(variables.Count);
        foreach (var (name, value) in variables)
        {
            writer.Text(name);
            writer.Text(value);
        }
    }

    private static Dictionary<string, string> ReadVariables(ref WireReader reader)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var left = reader.Items(); left > 0; left--)
        {
            variables[reader.TextNotNull()] = reader.TextNotNull();
        }

        return variables;
    }

    private static void WriteFraction(ref WireWriter writer, double? value)
    {
        writer.Bool(value is not null);
        if (value is { } fraction)
        {
            writer.Double(fraction);
        }
    }

    private static double? ReadFraction(ref WireReader reader) => reader.Bool() ? reader.Double() : null;
}
