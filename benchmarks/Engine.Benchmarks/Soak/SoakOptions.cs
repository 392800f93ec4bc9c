using System.Globalization;

namespace Engine.Benchmarks.Soak;

/// <summary>What a soak is to do.</summary>
/// <param name="Minutes">How long faults go on.</param>
/// <param name="Seed">Of what happens to whom and when; how the processes take it is theirs.</param>
internal sealed record SoakOptions(double Minutes, int Seed)
{
    public const string Option = "soak";

    public const string Usage = $"usage: {Option} [--minutes M] [--seed N]";

    /// <summary>Returns null if the arguments make no sense.</summary>
    public static SoakOptions? TryParse(IReadOnlyList<string> arguments)
    {
        var options = new SoakOptions(10, 1);
        for (var i = 0; i < arguments.Count; i += 2)
        {
            var value = i + 1 < arguments.Count ? arguments[i + 1] : null;
            switch (arguments[i])
            {
                case "--minutes" when double.TryParse(value, CultureInfo.InvariantCulture, out var minutes) && minutes > 0:
                    options = options with { Minutes = minutes };
                    break;
                case "--seed" when int.TryParse(value, CultureInfo.InvariantCulture, out var seed):
                    options = options with { Seed = seed };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }
}
