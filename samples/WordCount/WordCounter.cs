using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace WordCount;

/// <summary>Counts words in bytes. This is what the tasks run.</summary>
internal static class WordCounter
{
    private const int BufferedWordMax = 128;

    private static readonly SearchValues<byte> s_letters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>The function of the map: reads a part of a file and counts its words. A file that can't be read is a result, too.</summary>
    public static WordCounts Count(FilePart part)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(part.Length);
        try
        {
            var text = buffer.AsSpan(0, part.Read(buffer));
            return text.Contains((byte)0) ? WordCounts.Binary : WordCounts.OfText(Count(text));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return WordCounts.Unreadable(exception.Message);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>How many letters the text begins with.</summary>
    public static int LengthOfWord(ReadOnlySpan<byte> text)
    {
        var length = text.IndexOfAnyExcept(s_letters);
        return length < 0 ? text.Length : length;
    }

    private static Dictionary<string, long> Count(ReadOnlySpan<byte> text)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var bySpan = counts.GetAlternateLookup<ReadOnlySpan<char>>(); // A word becomes a string only when it is new.
        Span<char> buffer = stackalloc char[BufferedWordMax];
        for (int start; (start = text.IndexOfAny(s_letters)) >= 0;)
        {
            text = text[start..];
            var length = LengthOfWord(text);
            var word = length <= buffer.Length ? buffer[..length] : new char[length];
            Ascii.ToLower(text[..length], word, out _);
            CollectionsMarshal.GetValueRefOrAddDefault(bySpan, word, out _)++;
            text = text[length..];
        }

        return counts;
    }
}
