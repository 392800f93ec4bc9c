using System.Buffers;

namespace Engine.Transport.Sockets.Connections;

/// <summary>
/// The memory of one direction of one connection. Not the shared pool: when a socket breaks, its pipe may give memory back
/// that is being written to at that moment, which must then be nobody else's.
/// </summary>
internal sealed class BlockPool : MemoryPool<byte>
{
    /// <summary>Bytes of a block: as many as the garbage collector does not take for a large object.</summary>
    public const int BlockBytes = 80 << 10;

    private const int KeptMax = 8;

    private readonly Lock _lock = new();
    private readonly Stack<Block> _kept = new(KeptMax);

    public override int MaxBufferSize => Array.MaxLength;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        if (minBufferSize > BlockBytes)
        {
            return new Block(null, minBufferSize);
        }

        lock (_lock)
        {
            return _kept.TryPop(out var block) ? block : new Block(this, BlockBytes);
        }
    }

    protected override void Dispose(bool disposing)
    {
    }

    private void Return(Block block)
    {
        lock (_lock)
        {
            if (_kept.Count < KeptMax)
            {
                _kept.Push(block);
            }
        }
    }

    private sealed class Block(BlockPool? pool, int bytes) : IMemoryOwner<byte>
    {
        private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(bytes);

        public Memory<byte> Memory => _bytes;

        public void Dispose() => pool?.Return(this);
    }
}
