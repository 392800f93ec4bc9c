using System.Globalization;

namespace Engine;

/// <summary>Incarnation of a worker: a number that the scheduler issues at registration and that only grows.</summary>
/// <remarks>
/// Addresses and names are labels for people and routing; two workers that follow each other on one address are two
/// incarnations, and a message of the older one changes nothing (invariant I7).
/// </remarks>
public readonly struct WorkerId : IEquatable<WorkerId>, IComparable<WorkerId>
{
    /// <summary>Makes an identity.</summary>
    /// <param name="number">The scheduler's number, from 1 on; 0 is no worker.</param>
    public WorkerId(long number) => Number = number;

    /// <summary>The scheduler's number of this incarnation.</summary>
    public long Number { get; }

    /// <inheritdoc/>
    public bool Equals(WorkerId other) => Number == other.Number;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is WorkerId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Number.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(WorkerId other) => Number.CompareTo(other.Number);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"worker-{Number}");

    /// <summary>Whether two identities are the same.</summary>
    public static bool operator ==(WorkerId left, WorkerId right) => left.Number == right.Number;

    /// <summary>Whether two identities differ.</summary>
    public static bool operator !=(WorkerId left, WorkerId right) => left.Number != right.Number;

    /// <summary>Whether the left incarnation is the older one.</summary>
    public static bool operator <(WorkerId left, WorkerId right) => left.Number < right.Number;

    /// <summary>Whether the left incarnation is the younger one.</summary>
    public static bool operator >(WorkerId left, WorkerId right) => left.Number > right.Number;

    /// <summary>Whether the left incarnation is the older one or the same.</summary>
    public static bool operator <=(WorkerId left, WorkerId right) => left.Number <= right.Number;

    /// <summary>Whether the left incarnation is the younger one or the same.</summary>
    public static bool operator >=(WorkerId left, WorkerId right) => left.Number >= right.Number;
}
