using Microsoft.Win32.SafeHandles;

namespace WordCount;

/// <summary>Some bytes of a file: the input of one task. A word never reaches over its ends.</summary>
internal sealed record FilePart(string Path, long Offset, int Length)
{
    public const int DefaultBytes = 1 << 20;
    private const int LengthMax = 1 << 29; // A longer one could only come from a word that no string can hold.

    /// <summary>Cuts a file into parts, each ending where a word does.</summary>
    /// <param name="path">The file.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="partBytes">Length of a part, but for the rest of its last word.</param>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static IReadOnlyList<FilePart> Cut(string path, long length, int partBytes)
    {
        if (length <= partBytes)
        {
            return length == 0 ? [] : [new FilePart(path, 0, (int)length)];
        }

        using var file = Open(path);
        var parts = new List<FilePart>();
        for (long start = 0, end; start < length; start = end)
        {
            end = Math.Min(length, EndOfWord(file, start + partBytes));
            if (end - start > LengthMax)
            {
                throw new IOException($"'{path}' has a word of more than {LengthMax >> 20} MiB.");
            }

            parts.Add(new FilePart(path, start, (int)(end - start)));
        }

        return parts;
    }

    /// <summary>Reads the part.</summary>
    /// <param name="buffer">At least as long as the part.</param>
    /// <returns>How many bytes were read: fewer than the part has if the file has become shorter.</returns>
    public int Read(Span<byte> buffer)
    {
        using var file = Open(Path);
        var total = 0;
        while (total < Length && RandomAccess.Read(file, buffer[total..Length], Offset + total) is > 0 and var read)
        {
            total += read;
        }

        return total;
    }

    private static SafeFileHandle Open(string path) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>The first place from an offset on where no word goes on.</summary>
    private static long EndOfWord(SafeFileHandle file, long offset)
    {
        Span<byte> buffer = stackalloc byte[4096];
        while (RandomAccess.Read(file, buffer, offset) is > 0 and var read)
        {
            var end = WordCounter.LengthOfWord(buffer[..read]);
            offset += end;
            if (end < read)
            {
                break;
            }
        }

        return offset;
    }
}
