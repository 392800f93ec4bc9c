using System.CommandLine;
using Engine.Plugins.Transports;

namespace Engine.Host;

/// <summary>The options of every command that say who is trusted.</summary>
internal sealed class SecurityOptions
{
    private readonly Option<FileInfo?> _secret = new("--secret-file")
    {
        Description = "A file with the secret of the cluster, for addresses within one machine.",
    };

    private readonly Option<DirectoryInfo?> _certificates = new("--certificates")
    {
        Description = "The directory that \"engine certificates\" made, or one like it: for tls:// addresses.",
    };

    private readonly Option<bool> _insecure = new("--allow-insecure")
    {
        Description = "Allows connections that anybody can read, change and make. For closed networks.",
    };

    public void AddTo(Command command)
    {
        command.Add(_secret);
        command.Add(_certificates);
        command.Add(_insecure);
    }

    /// <param name="parsed">The command line.</param>
    /// <param name="role">Whose certificate is shown.</param>
    public TransportSecurity Read(ParseResult parsed, ComponentRole role)
    {
        var directory = parsed.GetValue(_certificates)?.FullName;
        var name = role.ToString().ToLowerInvariant();
        return new TransportSecurity
        {
            Secret = parsed.GetValue(_secret) is { } file ? (ReadOnlyMemory<byte>?)File.ReadAllBytes(file.FullName) : null,
            CertificateFile = directory is null ? null : Path.Combine(directory, $"{name}.pem"),
            KeyFile = directory is null ? null : Path.Combine(directory, $"{name}-key.pem"),
            AuthorityFile = directory is null ? null : Path.Combine(directory, "ca.pem"),
            AllowInsecure = parsed.GetValue(_insecure),
        };
    }
}
