using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Engine.Plugins.Transports;
using Engine.Transport.Sockets.Security;

namespace Engine.Transport.Sockets;

/// <summary>Makes the certificates of a cluster: an authority of its own, and a certificate for each role.</summary>
/// <remarks>dask has its users make them by hand.</remarks>
public static class ClusterCertificates
{
    private const int YearsValid = 10;
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>
    /// Writes <c>ca.pem</c> and <c>ca-key.pem</c>, and for each role (scheduler, worker, nanny, client) <c>role.pem</c> and
    /// <c>role-key.pem</c>. Files of keys can be read by their owner only. Who has <c>ca-key.pem</c> can make more certificates: keep it apart.
    /// </summary>
    /// <param name="directory">Where to; it is made if it isn't there. Files that are there are not replaced.</param>
    /// <param name="hosts">Names and IP addresses under which schedulers and workers are reached.</param>
    /// <exception cref="IOException">One of the files is there already.</exception>
    public static void Create(string directory, IEnumerable<string> hosts)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentNullException.ThrowIfNull(hosts);
        Directory.CreateDirectory(directory);
        var now = TimeProvider.System.GetUtcNow();
        var names = hosts.ToList();
        using var authority = CreateAuthority(now);
        Write(directory, "ca", authority);
        foreach (var role in CertificateRoles.All)
        {
            using var certificate = CreateCertificate(authority, role, names, now);
            Write(directory, CertificateRoles.NameOf(role), certificate);
        }
    }

    private static X509Certificate2 CreateAuthority(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Engine cluster authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(now.AddDays(-1), now.AddYears(YearsValid));
    }

    private static X509Certificate2 CreateCertificate(X509Certificate2 authority, ComponentRole role, List<string> hosts, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=Engine {CertificateRoles.NameOf(role)}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication), new Oid(ClientAuthentication)], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(CertificateRoles.UriOf(role));
        if (role != ComponentRole.Client)
        {
            names.AddUri(CertificateRoles.UriOf(ComponentRole.Client)); // All of them ask the scheduler like clients too: for tasks of tasks, to retire.
        }

        if (role is ComponentRole.Scheduler or ComponentRole.Worker)
        {
            AddHosts(names, hosts);
        }

        request.CertificateExtensions.Add(names.Build());
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7f; // A serial number is positive.
        using var signed = request.Create(authority, authority.NotBefore, authority.NotAfter < now.AddYears(YearsValid) ? authority.NotAfter : now.AddYears(YearsValid), serial);
        return signed.CopyWithPrivateKey(key);
    }

    private static void AddHosts(SubjectAlternativeNameBuilder names, List<string> hosts)
    {
        foreach (var host in hosts)
        {
            if (IPAddress.TryParse(host, out var address))
            {
                names.AddIpAddress(address);
            }
            else
            {
                names.AddDnsName(host);
            }
        }
    }

    private static void Write(string directory, string name, X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey();
        WriteFile(Path.Combine(directory, $"{name}-key.pem"), key!.ExportPkcs8PrivateKeyPem(), isSecret: true); // It was made with one.
        WriteFile(Path.Combine(directory, $"{name}.pem"), certificate.ExportCertificatePem(), isSecret: false);
    }

    private static void WriteFile(string path, string text, bool isSecret)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (isSecret && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(path, options);
        writer.Write(text);
        writer.Write('\n');
    }
}
