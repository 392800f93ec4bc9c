using System.Security.Cryptography;

namespace Engine.Tasks.Remote;

/// <summary>An assembly that a client gives to the workers.</summary>
/// <param name="name">Its simple name.</param>
/// <param name="hash">The SHA-256 of its bytes, made where they were read.</param>
/// <param name="bytes">The file.</param>
internal sealed class AssemblyImage(string name, byte[] hash, byte[] bytes)
{
    public string Name => name;

    public byte[] Hash => hash;

    public byte[] Bytes => bytes;

    public static AssemblyImage Of(string name, byte[] bytes) => new(name, SHA256.HashData(bytes), bytes);

    /// <summary>Whether the bytes are those that were read.</summary>
    public bool IsWhole => SHA256.HashData(bytes).AsSpan().SequenceEqual(hash);
}
