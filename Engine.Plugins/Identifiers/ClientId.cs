using System.Globalization;

namespace Engine;

/// <summary>Identity of a client, issued by the scheduler when the client connects; never used twice.</summary>
public readonly struct ClientId : IEquatable<ClientId>
{
    internal const int MaxNumber = (1 << (64 - TaskKey.SequenceBits)) - 1;

    /// <summary>Makes an identity.</summary>
    /// <param name="number">0 to 2^24 - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number has more than 24 bits.</exception>
    public ClientId(int number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, MaxNumber);
        Number = number;
    }

    /// <summary>The scheduler's number of the client.</summary>
    public int Number { get; }

    /// <inheritdoc/>
    public bool Equals(ClientId other) => Number == other.Number;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ClientId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Number;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"client-{Number}");

    /// <summary>Whether two identities are the same.</summary>
    public static bool operator ==(ClientId left, ClientId right) => left.Number == right.Number;

    /// <summary>Whether two identities differ.</summary>
    public static bool operator !=(ClientId left, ClientId right) => left.Number != right.Number;
}
