using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Engine.Plugins;
using Engine.Workers.Memory;

namespace Engine;

/// <summary>
/// Keeps values as files, one each, in a directory of its own that only the owner of the process may read, and that goes when the
/// store is disposed of.
/// </summary>
/// <remarks>
/// dask: <c>SpillBuffer</c> and <c>WorkSpace</c>. It keeps texts and arrays of <see langword="bool"/>,
/// <see langword="char"/> and the numbers from <see langword="byte"/> to <see langword="double"/>; anything else needs an
/// <see cref="ISpillFormat"/>. Files are for the process that wrote them: their layout is no promise. A process that is killed
/// leaves its directory behind.
/// </remarks>
public sealed class FileSpillStore : ISpillStore
{
    private const int ChunkBytes = 1 << 20;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly ISpillFormat? _format;
    private bool _isMade;
    private bool _isDisposed;

    /// <summary>Makes a store. Its directory is made with the first value.</summary>
    /// <param name="parent">Where its directory is to be; null for <see cref="Path.GetTempPath"/>.</param>
    /// <param name="format">Writes values that the store doesn't know itself, or null.</param>
    public FileSpillStore(string? parent = null, ISpillFormat? format = null)
    {
        _format = format;
        Directory = Path.Combine(parent ?? Path.GetTempPath(), $"engine-spill-{Path.GetRandomFileName()}");
    }

    /// <summary>Where its files are; it exists from the first value on until the store is disposed of.</summary>
    public string Directory { get; }

    /// <inheritdoc/>
    public bool CanStore(object value) => SpillHeader.TryDescribe(value, out _) || _format?.CanWrite(value) == true;

    /// <inheritdoc/>
    public async ValueTask<long> WriteAsync(TaskKey key, object value, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        MakeDirectory();
        var path = PathOf(key);
        try
        {
            var stream = new FileStream(path, OptionsFor(FileMode.Create, FileAccess.Write));
            await using (stream)
            {
                if (SpillHeader.TryDescribe(value, out var header))
                {
                    await header.WriteAsync(stream, cancellationToken);
                    await CopyAsync(value, header.ByteCount, stream, isReading: false, cancellationToken);
                }
                else
                {
                    await SpillHeader.Formatted.WriteAsync(stream, cancellationToken);
                    (_format ?? throw NotKnown(value)).Write(value, stream);
                }

                await stream.FlushAsync(cancellationToken);
                return stream.Position;
            }
        }
        catch
        {
            File.Delete(path); // Half a value is none.
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<object> ReadAsync(TaskKey key, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (!File.Exists(PathOf(key)))
        {
            throw new KeyNotFoundException($"{key} is not kept in {Directory}.");
        }

        var stream = new FileStream(PathOf(key), OptionsFor(FileMode.Open, FileAccess.Read));
        await using (stream)
        {
            var header = await SpillHeader.ReadAsync(stream, cancellationToken);
            if (header.IsFormatted)
            {
                return (_format ?? throw new InvalidDataException($"{key} was written by a format that the store doesn't have.")).Read(stream);
            }

            var array = header.MakeArray();
            await CopyAsync(array, header.ByteCount, stream, isReading: true, cancellationToken);
            return header.IsText ? new string((char[])array) : array;
        }
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(TaskKey key, CancellationToken cancellationToken)
    {
        if (_isMade && !_isDisposed)
        {
            File.Delete(PathOf(key));
        }

        return default;
    }

    /// <summary>Removes the directory with all that is in it.</summary>
    /// <returns>Ends when it is removed.</returns>
    public ValueTask DisposeAsync()
    {
        if (_isMade && !_isDisposed)
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }

        _isDisposed = true;
        return default;
    }

    private static ArgumentException NotKnown(object value) => new(
        $"The store can't keep a {value.GetType()}. Give it an {nameof(ISpillFormat)} that can.", nameof(value));

    private static FileStreamOptions OptionsFor(FileMode mode, FileAccess access)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Options = FileOptions.Asynchronous | FileOptions.SequentialScan };
        if (!OperatingSystem.IsWindows() && mode == FileMode.Create)
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return options;
    }

    /// <summary>Copies the bytes of a text or an array to a file or back, piece by piece.</summary>
    private static async ValueTask CopyAsync(object value, long byteCount, Stream stream, bool isReading, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(ChunkBytes, Math.Max(1, byteCount)));
        try
        {
            for (var offset = 0L; offset < byteCount;)
            {
                var chunk = buffer.AsMemory(0, (int)Math.Min(buffer.Length, byteCount - offset));
                if (isReading)
                {
                    await stream.ReadExactlyAsync(chunk, cancellationToken);
                    chunk.Span.CopyTo(BytesOf(value, offset, chunk.Length));
                }
                else
                {
                    BytesOf(value, offset, chunk.Length).CopyTo(chunk.Span);
                    await stream.WriteAsync(chunk, cancellationToken);
                }

                offset += chunk.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The bytes of a text, to be read only, or of an array.</summary>
    private static Span<byte> BytesOf(object value, long offset, int count)
    {
        ref var first = ref value is string text
            ? ref Unsafe.As<char, byte>(ref MemoryMarshal.GetReference(text.AsSpan()))
            : ref MemoryMarshal.GetArrayDataReference((Array)value);
        return MemoryMarshal.CreateSpan(ref Unsafe.AddByteOffset(ref first, (nint)offset), count);
    }

    private string PathOf(TaskKey key) => Path.Combine(Directory, key.Value.ToString("x16", CultureInfo.InvariantCulture));

    private void MakeDirectory()
    {
        if (_isMade)
        {
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            System.IO.Directory.CreateDirectory(Directory);
        }
        else
        {
            System.IO.Directory.CreateDirectory(Directory, OwnerOnly | UnixFileMode.UserExecute);
        }

        _isMade = true;
    }
}
