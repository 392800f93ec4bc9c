namespace Engine.Tests.Simulation.Chance;

/// <summary>
/// SplitMix64: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014), with the constants of S. Vigna's
/// splitmix64.c, which is in the public domain. .NET's own generator may change from version to version, and a trace must not.
/// </summary>
internal static class SplitMix
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;

    public static ulong Next(ref ulong state)
    {
        unchecked
        {
            state += Gamma;
            return Scramble(state);
        }
    }

    /// <summary>A number for a place within a place.</summary>
    public static ulong Mix(ulong place, ulong within)
    {
        unchecked
        {
            return Scramble((place * 31) + ((within + 1) * Gamma));
        }
    }

    private static ulong Scramble(ulong value)
    {
        unchecked
        {
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            return value ^ (value >> 31);
        }
    }
}
