namespace Engine.Tasks.Remote;

/// <summary>
/// A function as it travels between processes: what names its method and the class of its call, in bytes that mean the same at both
/// ends. Whoever only passes it on, as a scheduler does, needs no more of it than this.
/// </summary>
/// <remarks>Two references are equal if their bytes are.</remarks>
internal sealed class FunctionReference : IEquatable<FunctionReference>
{
    private readonly int _hash;
    private FunctionInfo? _info;

    public FunctionReference(string name, CallTraits traits, byte[] description)
    {
        (Name, Traits, Description) = (name, traits, description);
        var hash = default(HashCode);
        hash.AddBytes(description);
        _hash = hash.ToHashCode();
    }

    /// <summary>Its name for people.</summary>
    public string Name { get; }

    public CallTraits Traits { get; }

    /// <summary>See <see cref="FunctionDescriber"/>.</summary>
    public byte[] Description { get; }

    /// <summary>For names and statistics in this process. Made when it is asked for: a reference that was read may be an equal one's second.</summary>
    public FunctionInfo Info => _info ?? Interlocked.CompareExchange(ref _info, FunctionInfo.Named(Name), null) ?? _info;

    public bool Equals(FunctionReference? other) =>
        other is not null && Traits == other.Traits && Name == other.Name && Description.AsSpan().SequenceEqual(other.Description);

    public override bool Equals(object? obj) => Equals(obj as FunctionReference);

    public override int GetHashCode() => _hash;

    public override string ToString() => Name;
}

/// <summary>What has to be known of a call to place and hand it out.</summary>
[Flags]
internal enum CallTraits : byte
{
    None = 0,
    IsAsync = 1,
    NeedsContext = 2,
    IsMap = 4,

    /// <summary>It holds no values of its own, or is a map: the same object stands for many tasks.</summary>
    IsShared = 8,
    All = 15,
}
