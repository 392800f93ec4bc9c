namespace Engine.Transport.Sockets.Handshakes;

/// <summary>Turns verdicts into errors that say what to do.</summary>
internal static class HandshakeErrors
{
    /// <summary>The error of who connected.</summary>
    /// <param name="verdict">The verdict.</param>
    /// <param name="byListener">Whether it is the listener's verdict on the caller, or the caller's on the listener.</param>
    /// <param name="address">Where the listener is.</param>
    /// <param name="self">The caller's hello.</param>
    /// <param name="peer">The listener's hello.</param>
    public static EngineException Explain(Verdict verdict, bool byListener, string address, Hello self, Hello peer) => verdict switch
    {
        Verdict.OtherTransportVersion => new ConnectionClosedException(
            $"{address} speaks version {peer.Version} of the sockets transport, this process version {self.Version}. Run the same version of the engine on both sides."),
        Verdict.OtherFormatVersion => new ConnectionClosedException(
            $"{address} writes messages in version {peer.FormatVersion}, this process in version {self.FormatVersion}. Run the same version of the engine on both sides."),
        Verdict.OtherAuthentication => new TransportSecurityException(
            $"{address} trusts by {Describe(peer.Authentication)}, this process by {Describe(self.Authentication)}. Give both the same TransportSecurity."),
        Verdict.WrongSecret => new TransportSecurityException(
            $"{address} has another secret than this process. Give both the same TransportSecurity.Secret."),
        Verdict.WrongRole => new TransportSecurityException(
            $"{address} is a {peer.Identity.Role}; a {self.Identity.Role} does not connect to it. A scheduler takes workers, nannies and clients in, a worker takes workers and clients."),
        Verdict.WrongCertificateRole => new TransportSecurityException(byListener
            ? $"{address} refused this {self.Identity.Role}: its certificate is not for that role, or not of the authority of {address}. Use the certificate that was made for it."
            : $"{address} says that it is a {peer.Identity.Role}, but its certificate is not for that role. Give it the certificate that was made for it."),
        Verdict.NotAccepting => new ConnectionClosedException($"{address} takes nobody in any more. Connect to another, or later."),
        _ => new ConnectionClosedException($"{address} answered with verdict {(byte)verdict}, which this version does not know."),
    };

    private static string Describe(Authentication authentication) => authentication switch
    {
        Authentication.None => "nothing",
        Authentication.Secret => "a secret",
        Authentication.Certificates => "certificates",
        Authentication.Certificates | Authentication.Secret => "certificates and a secret",
        _ => $"an unknown means ({(byte)authentication})",
    };
}
