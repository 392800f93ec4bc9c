using System.Globalization;

namespace Engine.Mutation.Stock;

/// <summary>How many of a core's stock mutants are noticed.</summary>
internal sealed record CoreScore(string Core, int Killed, int Total)
{
    public double Percent => 100.0 * Killed / Total;

    /// <summary>Whether it is no lower than the one that was written down; null: none was, and there is nothing to hold it to.</summary>
    public bool Holds(CoreScore? before) => before is not null && (long)Killed * before.Total >= (long)before.Killed * Total;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Core} {Percent:0.00} % ({Killed} of {Total})");

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static IReadOnlyList<CoreScore> Read(string path) => !File.Exists(path) ? [] :
    [
        .. File.ReadAllLines(path).Where(static line => line.Length > 0).Select(static line => line.Split(' ')).Select(static parts =>
            new CoreScore(parts[0], int.Parse(parts[1], CultureInfo.InvariantCulture), int.Parse(parts[3], CultureInfo.InvariantCulture))),
    ];

    public static void Write(string path, IEnumerable<CoreScore> scores) =>
        File.WriteAllText(path, string.Concat(scores.Select(static score => string.Create(CultureInfo.InvariantCulture, $"{score.Core} {score.Killed} of {score.Total}\n"))));
}
