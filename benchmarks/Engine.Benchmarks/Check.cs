namespace Engine.Benchmarks;

/// <summary>A figure for work that was done wrong is worth nothing, so every repetition is checked.</summary>
internal static class Check
{
    /// <summary>Sum of x + 1 for all x below the count: what every sum of independent tasks has to be.</summary>
    public static long SumOfIncrements(long count) => count * (count + 1) / 2;

    /// <summary>Sum over all readers of the shared value plus the reader's number.</summary>
    public static long SumOfReaders(long count, long shared) => (count * shared) + (count * (count - 1) / 2);

    public static void Equal(long expected, long actual, string what)
    {
        if (expected != actual)
        {
            throw new InvalidOperationException($"{what}: expected {expected}, got {actual}.");
        }
    }
}
