using Engine.Plugins.Transports;
using Engine.Transport.Sockets;

namespace Engine.Tests.Comms.Sockets;

/// <summary>The certificates of a cluster on this machine, for the time of some tests.</summary>
public sealed class CertificateFolder : IDisposable
{
    public CertificateFolder()
        : this("127.0.0.1", "localhost")
    {
    }

    internal CertificateFolder(params string[] hosts) => ClusterCertificates.Create(Folder, hosts);

    public string Folder { get; } = Directory.CreateTempSubdirectory("engine-certificates-").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    internal TransportSecurity Of(ComponentRole role)
    {
        var name = role.ToString().ToLowerInvariant();
        return new TransportSecurity
        {
            CertificateFile = Path.Combine(Folder, $"{name}.pem"),
            KeyFile = Path.Combine(Folder, $"{name}-key.pem"),
            AuthorityFile = Path.Combine(Folder, "ca.pem"),
        };
    }
}
