using System.Security.Cryptography;
using Engine.Plugins.Transports;

namespace Engine.Transport.Sockets.Handshakes;

/// <summary>
/// The exchange before the first frame. All its parts have a fixed size, and nothing behind them is read before both sides
/// have agreed: caller's hello; listener's hello and verdict; caller's verdict and proof; listener's verdict and proof.
/// </summary>
internal sealed class Handshake(Stream stream, Hello self, ReadOnlyMemory<byte>? secret, IReadOnlySet<ComponentRole>? certified)
{
    private const int VerdictAndProofBytes = 1 + HandshakeRules.ProofBytes;

    /// <summary>Makes the hello of one connection.</summary>
    public static Hello CreateHello(TransportSettings settings, ComponentIdentity identity)
    {
        var authentication = (settings.Security.Secret is null ? Authentication.None : Authentication.Secret)
            | (settings.Scheme == "tls" ? Authentication.Certificates : Authentication.None);
        return new Hello(
            settings.Format.Version, identity, authentication, (uint)settings.Limits.WindowBytes, RandomNumberGenerator.GetBytes(Hello.NonceBytes));
    }

    /// <summary>The caller's side.</summary>
    /// <param name="address">The listener's address, for errors.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The listener's hello; it is trusted.</returns>
    /// <exception cref="ConnectionClosedException">The two sides don't understand each other.</exception>
    /// <exception cref="TransportSecurityException">The two sides don't trust each other.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async Task<Hello> CallAsync(string address, CancellationToken cancellationToken)
    {
        var mine = new byte[Hello.Bytes];
        self.Write(mine);
        await stream.WriteAsync(mine, cancellationToken);

        var theirs = await ReadAsync(Hello.Bytes + 1, cancellationToken);
        var peer = Hello.Read(theirs)
            ?? throw new ConnectionClosedException($"What listens at {address} is no component of this engine. Check the address and its port.");
        ThrowUnlessAccepted((Verdict)theirs[Hello.Bytes], byListener: true, address, peer);
        var verdict = HandshakeRules.JudgeListener(self, peer, certified);
        var answer = new byte[VerdictAndProofBytes];
        answer[0] = (byte)verdict;
        var theirHello = theirs.AsMemory(0, Hello.Bytes);
        if (verdict == Verdict.Accepted && secret is { } known)
        {
            HandshakeRules.Prove(known.Span, listener: false, mine, theirHello.Span, answer.AsSpan(1));
        }

        await stream.WriteAsync(answer, cancellationToken);
        ThrowUnlessAccepted(verdict, byListener: false, address, peer);

        var last = await ReadAsync(VerdictAndProofBytes, cancellationToken);
        ThrowUnlessAccepted((Verdict)last[0], byListener: true, address, peer);
        if (secret is { } mySecret && !HandshakeRules.IsProven(mySecret.Span, listener: true, mine, theirHello.Span, last.AsSpan(1)))
        {
            throw HandshakeErrors.Explain(Verdict.WrongSecret, byListener: false, address, self, peer);
        }

        return peer;
    }

    /// <summary>The listener's side.</summary>
    /// <param name="tryCommit">Says whether the connection is still wanted, when all else is right; from then on it will not be given up.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The caller's hello; it is trusted. Null if the caller was refused.</returns>
    /// <exception cref="IOException">The connection broke.</exception>
    public async Task<Hello?> AnswerAsync(Func<bool> tryCommit, CancellationToken cancellationToken)
    {
        var theirs = await ReadAsync(Hello.Bytes, cancellationToken);
        if (Hello.Read(theirs) is not { } peer)
        {
            return null; // Whatever it speaks, it would not understand an answer.
        }

        var answer = new byte[Hello.Bytes + 1];
        self.Write(answer);
        var verdict = HandshakeRules.JudgeCaller(self, peer, certified);
        answer[Hello.Bytes] = (byte)verdict;
        await stream.WriteAsync(answer, cancellationToken);
        if (verdict != Verdict.Accepted)
        {
            return null;
        }

        var proof = await ReadAsync(VerdictAndProofBytes, cancellationToken);
        if ((Verdict)proof[0] != Verdict.Accepted)
        {
            return null;
        }

        verdict = secret is { } known && !HandshakeRules.IsProven(known.Span, listener: false, theirs, answer.AsSpan(0, Hello.Bytes), proof.AsSpan(1))
            ? Verdict.WrongSecret
            : tryCommit() ? Verdict.Accepted : Verdict.NotAccepting;
        var last = new byte[VerdictAndProofBytes];
        last[0] = (byte)verdict;
        if (verdict == Verdict.Accepted && secret is { } mySecret)
        {
            HandshakeRules.Prove(mySecret.Span, listener: true, theirs, answer.AsSpan(0, Hello.Bytes), last.AsSpan(1));
        }

        await stream.WriteAsync(last, verdict == Verdict.Accepted ? CancellationToken.None : cancellationToken); // So few bytes need nobody to read them.
        return verdict == Verdict.Accepted ? peer : null;
    }

    private void ThrowUnlessAccepted(Verdict verdict, bool byListener, string address, Hello peer)
    {
        if (verdict != Verdict.Accepted)
        {
            throw HandshakeErrors.Explain(verdict, byListener, address, self, peer);
        }
    }

    private async Task<byte[]> ReadAsync(int bytes, CancellationToken cancellationToken)
    {
        var buffer = new byte[bytes];
        await stream.ReadExactlyAsync(buffer, cancellationToken);
        return buffer;
    }
}
