using System.Globalization;

namespace Engine;

/// <summary>Identity of one task or one piece of scattered data: the client that made it and that client's sequence number.</summary>
/// <remarks>
/// dask: <c>key</c>. A key is never used twice in the life of a scheduler, so a late message about a task that is long
/// gone can't touch another one. Sixty-four bits: 24 for the client, 40 for the sequence. Names are for people; see
/// <c>SubmitOptions.Key</c>.
/// </remarks>
public readonly struct TaskKey : IEquatable<TaskKey>, IComparable<TaskKey>
{
    internal const int SequenceBits = 40;
    internal const ulong MaxSequence = (1UL << SequenceBits) - 1;

    private TaskKey(ulong value) => Value = value;

    /// <summary>Makes the key of a client's task.</summary>
    /// <param name="client">The client that submits the task.</param>
    /// <param name="sequence">The client's own number of the task, 0 to 2^40 - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The sequence number has more than 40 bits.</exception>
    public TaskKey(ClientId client, long sequence)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)sequence, MaxSequence);
        Value = ((ulong)client.Number << SequenceBits) | (ulong)sequence;
    }

    /// <summary>The key as one number: the client in the upper 24 bits, the sequence in the lower 40.</summary>
    public ulong Value { get; }

    /// <summary>The client that made the task.</summary>
    public ClientId Client => new((int)(Value >> SequenceBits));

    /// <summary>The client's own number of the task.</summary>
    public long Sequence => (long)(Value & MaxSequence);

    /// <summary>Makes the key that <see cref="Value"/> stands for.</summary>
    /// <param name="value">The number.</param>
    /// <returns>The key.</returns>
    public static TaskKey FromValue(ulong value) => new(value);

    /// <summary>Reads a key as <see cref="ToString"/> writes it, for example <c>c2-17</c>.</summary>
    /// <param name="text">The text; null gives false.</param>
    /// <param name="key">The key, or the default one.</param>
    /// <returns>Whether the text is a key.</returns>
    public static bool TryParse(string? text, out TaskKey key)
    {
        key = default;
        var dash = text?.IndexOf('-', StringComparison.Ordinal) ?? -1;
        if (dash < 2 || text![0] != 'c'
            || !int.TryParse(text.AsSpan(1, dash - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var client)
            || !long.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            || client > ClientId.MaxNumber || (ulong)sequence > MaxSequence)
        {
            return false;
        }

        key = new TaskKey(new ClientId(client), sequence);
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(TaskKey other) => Value == other.Value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TaskKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(TaskKey other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"c{Client.Number}-{Sequence}");

    /// <summary>Whether two keys are the same.</summary>
    public static bool operator ==(TaskKey left, TaskKey right) => left.Value == right.Value;

    /// <summary>Whether two keys differ.</summary>
    public static bool operator !=(TaskKey left, TaskKey right) => left.Value != right.Value;

    /// <summary>Orders by client, then by sequence.</summary>
    public static bool operator <(TaskKey left, TaskKey right) => left.Value < right.Value;

    /// <summary>Orders by client, then by sequence.</summary>
    public static bool operator >(TaskKey left, TaskKey right) => left.Value > right.Value;

    /// <summary>Orders by client, then by sequence.</summary>
    public static bool operator <=(TaskKey left, TaskKey right) => left.Value <= right.Value;

    /// <summary>Orders by client, then by sequence.</summary>
    public static bool operator >=(TaskKey left, TaskKey right) => left.Value >= right.Value;
}
