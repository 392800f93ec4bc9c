namespace Engine.Tests.TestKit.Wire;

/// <summary>Spoils bytes in the ways in which a hostile or broken sender would.</summary>
internal sealed class ByteMutator(Random random)
{
    private const int RandomBytesMax = 64;
    private static readonly byte[] s_extremes = [0, 1, 0x7f, 0x80, 0xfe, 0xff];

    public T Choose<T>(IReadOnlyList<T> items) => items[random.Next(items.Count)];

    /// <summary>Spoils a message; another of its kind gives it parts.</summary>
    public byte[] Mutate(byte[] bytes, byte[] other)
    {
        for (var times = 1 + random.Next(3); times > 0; times--)
        {
            bytes = Once(bytes, other);
        }

        return bytes;
    }

    private byte[] Once(byte[] bytes, byte[] other)
    {
        var at = random.Next(bytes.Length + 1);
        switch (random.Next(8))
        {
            case 0:
                return bytes[..at];
            case 1:
                return [.. bytes[..at], .. RandomBytes(1 + random.Next(8)), .. bytes[at..]];
            case 2:
                return [.. bytes[..at], .. other[random.Next(other.Length + 1)..]];
            case 3:
                return RandomBytes(random.Next(RandomBytesMax));
            case 4:
                return [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + 1 + random.Next(4))..]];
            case 5:
                return [.. bytes[..at], .. Enumerable.Repeat((byte)0xff, random.Next(11)), (byte)random.Next(2), .. bytes[at..]];
            case 6 when at < bytes.Length:
                bytes = [.. bytes];
                bytes[at] = Choose(s_extremes);
                return bytes;
            case var _ when at < bytes.Length:
                bytes = [.. bytes];
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            default:
                return bytes;
        }
    }

    private byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
