using System.Runtime.InteropServices;

namespace Engine.Benchmarks;

/// <summary>The large value that is sent: none of its parts is like another, so that one in the wrong place is found.</summary>
internal static class LargeValue
{
    public static byte[] Make(int bytes)
    {
        var value = new byte[bytes];
        var words = MemoryMarshal.Cast<byte, int>(value.AsSpan());
        for (var place = 0; place < words.Length; place++)
        {
            words[place] = place;
        }

        return value;
    }

    public static void Verify(byte[] value, int bytes)
    {
        Check.Equal(bytes, value.Length, "the large value's length");
        var words = MemoryMarshal.Cast<byte, int>(value.AsSpan());
        for (var place = 0; place < words.Length; place++)
        {
            if (words[place] != place)
            {
                Check.Equal(place, words[place], "a part of the large value");
            }
        }
    }
}
