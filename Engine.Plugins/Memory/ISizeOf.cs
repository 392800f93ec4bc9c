namespace Engine;

/// <summary>A value that knows how much memory it takes. Implement it in types of your own whose values are large.</summary>
/// <remarks>dask: <c>sizeof.register</c>. Without it a value of an unknown type counts as 64 bytes.</remarks>
public interface ISizeOf
{
    /// <summary>Bytes that the value takes in memory, with all that only it refers to. Read once, when the value is made.</summary>
    long SizeInBytes { get; }
}
