using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Engine.Plugins.Transports;
using Engine.Transport.Sockets.Addresses;

namespace Engine.Transport.Sockets.Security;

/// <summary>A component's certificate and the authority that it trusts, from the files of its security; TLS streams that use them.</summary>
/// <remarks>Others know these as streams only: so a process without TLS doesn't load what TLS is made of.</remarks>
internal sealed class TlsIdentity
{
    private static readonly IReadOnlySet<ComponentRole> NoRoles = new HashSet<ComponentRole>();

    private readonly SslStreamCertificateContext _certificate;
    private readonly X509Certificate2 _authority;

    private TlsIdentity(X509Certificate2 certificate, X509Certificate2 authority)
    {
        _certificate = SslStreamCertificateContext.Create(certificate, [authority], offline: true);
        _authority = authority;
    }

    /// <summary>Loads the files.</summary>
    /// <exception cref="TransportSecurityException">One is not named, not there or not right.</exception>
    public static TlsIdentity Load(TransportSecurity security)
    {
        if (security is not { CertificateFile: { } certificateFile, KeyFile: { } keyFile, AuthorityFile: { } authorityFile })
        {
            throw new TransportSecurityException(
                "tls:// needs TransportSecurity.CertificateFile, KeyFile and AuthorityFile. ClusterCertificates.Create, or the command 'engine certificates', makes them.");
        }

        try
        {
            using var fromFiles = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);

            // Some systems' TLS can't use a key that was never stored.
            var certificate = X509CertificateLoader.LoadPkcs12(fromFiles.Export(X509ContentType.Pkcs12), null);
            return new TlsIdentity(certificate, X509CertificateLoader.LoadCertificateFromFile(authorityFile));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new TransportSecurityException(
                $"The certificate {certificateFile}, its key {keyFile} or its authority {authorityFile} can't be loaded: {exception.Message} They have to be PEM files that belong together.",
                exception);
        }
    }

    /// <summary>Sets TLS up as the side that connects; the other has to be the host that was meant.</summary>
    /// <returns>The stream, and the roles that the other side may have.</returns>
    /// <exception cref="TransportSecurityException">One side doesn't trust the other's certificate.</exception>
    public async Task<(Stream Tls, IReadOnlySet<ComponentRole> Roles)> CallAsync(Stream stream, Place address, CancellationToken cancellationToken)
    {
        var tls = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = address.Host,
                    ClientCertificateContext = _certificate,
                    EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                    CertificateChainPolicy = TrustAuthorityOnly(),
                    CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                    AllowRenegotiation = false,
                },
                cancellationToken);
        }
        catch (AuthenticationException exception)
        {
            throw new TransportSecurityException(
                $"{address} and this process don't trust each other's certificates: {exception.Message} Both need certificates of the same authority, that of {address} with the host's name in it.",
                exception);
        }

        return (tls, RolesOfPeer(tls));
    }

    /// <summary>
    /// Sets TLS up as the side that listens; the other has to show a certificate. One of another authority is for no role: its
    /// owner is refused in the handshake, where it can be told why.
    /// </summary>
    /// <returns>The stream, and the roles that the other side may have.</returns>
    public async Task<(Stream Tls, IReadOnlySet<ComponentRole> Roles)> AnswerAsync(Stream stream, CancellationToken cancellationToken)
    {
        var isTrusted = false;
        var tls = new SslStream(stream, leaveInnerStreamOpen: false);
        await tls.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificateContext = _certificate,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = (_, shown, _, errors) =>
                {
                    isTrusted = shown is not null && errors == SslPolicyErrors.None;
                    return shown is not null;
                },
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                CertificateChainPolicy = TrustAuthorityOnly(),
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                AllowRenegotiation = false,
            },
            cancellationToken);
        return (tls, isTrusted ? RolesOfPeer(tls) : NoRoles);
    }

    /// <summary>The roles that the other side's certificate is for.</summary>
    private static IReadOnlySet<ComponentRole> RolesOfPeer(SslStream tls)
    {
        if (tls.RemoteCertificate is not { } shown)
        {
            return NoRoles;
        }

        using var certificate = new X509Certificate2(shown);
        return CertificateRoles.Of(certificate);
    }

    private X509ChainPolicy TrustAuthorityOnly()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.Add(_authority);
        return policy;
    }
}
