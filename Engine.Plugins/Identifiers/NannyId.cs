namespace Engine;

/// <summary>Identity of a nanny: it makes it itself and keeps it for its life, whatever becomes of its workers.</summary>
/// <remarks>dask: the nanny's address. Here an address is a label only.</remarks>
public readonly struct NannyId : IEquatable<NannyId>
{
    /// <summary>Makes an identity from a number.</summary>
    /// <param name="value">The number; unique among all nannies that a scheduler ever hears of. The empty one is no nanny.</param>
    public NannyId(Guid value) => Value = value;

    /// <summary>The number.</summary>
    public Guid Value { get; }

    /// <summary>Makes a new identity.</summary>
    /// <returns>One that no other nanny has.</returns>
#pragma warning disable RS0030 // A nanny has nobody to issue its identity: it has to have one before it meets a scheduler, and after it lost one.
    public static NannyId New() => new(Guid.NewGuid());
#pragma warning restore RS0030

    /// <inheritdoc/>
    public bool Equals(NannyId other) => Value == other.Value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is NannyId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => $"nanny-{Value:N}"[..14];

    /// <summary>Whether two identities are the same.</summary>
    public static bool operator ==(NannyId left, NannyId right) => left.Value == right.Value;

    /// <summary>Whether two identities differ.</summary>
    public static bool operator !=(NannyId left, NannyId right) => left.Value != right.Value;
}
