using System.Security.Cryptography;
using Engine.Plugins.Transports;

namespace Engine.Transport.Sockets.Handshakes;

/// <summary>Who is let in, and how a side proves that it knows the secret. Bytes in, bytes out; no I/O.</summary>
internal static class HandshakeRules
{
    public const int ProofBytes = 32;

    /// <summary>What a listener thinks of who connects.</summary>
    /// <param name="self">The listener's hello.</param>
    /// <param name="peer">The other's.</param>
    /// <param name="certified">The roles of the other's certificate; null if there is none.</param>
    public static Verdict JudgeCaller(Hello self, Hello peer, IReadOnlySet<ComponentRole>? certified) =>
        Judge(self, peer, MayConnect(self.Identity.Role, peer.Identity.Role), certified);

    /// <summary>What who connects thinks of the listener.</summary>
    public static Verdict JudgeListener(Hello self, Hello peer, IReadOnlySet<ComponentRole>? certified) =>
        Judge(self, peer, MayConnect(peer.Identity.Role, self.Identity.Role), certified);

    /// <summary>Whether a component of one role listens to one of another.</summary>
    public static bool MayConnect(ComponentRole listener, ComponentRole caller) => listener switch
    {
        ComponentRole.Scheduler => caller is ComponentRole.Worker or ComponentRole.Nanny or ComponentRole.Client,
        ComponentRole.Worker => caller is ComponentRole.Worker or ComponentRole.Client,
        _ => false,
    };

    /// <summary>What only somebody can make who knows the secret, for this connection and this side.</summary>
    public static void Prove(ReadOnlySpan<byte> secret, bool listener, ReadOnlySpan<byte> callersHello, ReadOnlySpan<byte> listenersHello, Span<byte> proof)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        hmac.AppendData(listener ? "engine sockets 1: listener"u8 : "engine sockets 1: caller"u8);
        hmac.AppendData(callersHello);
        hmac.AppendData(listenersHello);
        hmac.GetHashAndReset(proof);
    }

    /// <summary>Whether a proof is right; takes as long wherever it is wrong.</summary>
    public static bool IsProven(ReadOnlySpan<byte> secret, bool listener, ReadOnlySpan<byte> callersHello, ReadOnlySpan<byte> listenersHello, ReadOnlySpan<byte> proof)
    {
        Span<byte> expected = stackalloc byte[ProofBytes];
        Prove(secret, listener, callersHello, listenersHello, expected);
        return CryptographicOperations.FixedTimeEquals(expected, proof);
    }

    private static Verdict Judge(Hello self, Hello peer, bool mayConnect, IReadOnlySet<ComponentRole>? certified)
    {
        if (peer.Version != self.Version)
        {
            return Verdict.OtherTransportVersion;
        }

        if (peer.Authentication != self.Authentication)
        {
            return Verdict.OtherAuthentication;
        }

        if (peer.FormatVersion != self.FormatVersion)
        {
            return Verdict.OtherFormatVersion;
        }

        if (!mayConnect)
        {
            return Verdict.WrongRole;
        }

        return certified is null || certified.Contains(peer.Identity.Role) ? Verdict.Accepted : Verdict.WrongCertificateRole;
    }
}
