using System.Globalization;

namespace Engine.Mutation;

/// <summary>What the gate was asked to do.</summary>
/// <param name="Only">Only mutants whose name or file contains this; null: all.</param>
/// <param name="Schedules">How many schedules of the simulator a domain mutant may survive.</param>
/// <param name="Cores">Whether stock mutants of all cores are tried, and not those of the lifecycle files only.</param>
/// <param name="Simulator">Whether domain mutants are shown to the simulator alone.</param>
/// <param name="Record">Whether the guarded sites and the scores are written down as they are now.</param>
/// <param name="Plant">Whether a mutant is added that nobody can notice.</param>
internal sealed record GateOptions(string? Only, int Schedules, bool Cores, bool Simulator, bool Record, bool Plant)
{
    /// <exception cref="ArgumentException">There is no such option.</exception>
    public static GateOptions Parse(string[] args)
    {
        var options = new GateOptions(null, 10_000, false, false, false, false);
        for (var i = 0; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--only" when i + 1 < args.Length => options with { Only = args[++i] },
                "--schedules" when i + 1 < args.Length => options with { Schedules = int.Parse(args[++i], CultureInfo.InvariantCulture) },
                "--cores" => options with { Cores = true },
                "--simulator" => options with { Simulator = true },
                "--record" => options with { Record = true },
                "--plant" => options with { Plant = true },
                _ => throw new ArgumentException($"\"{args[i]}\" is no option. There are --only TEXT, --schedules N, --cores, --simulator, --record, --plant."),
            };
        }

        return options;
    }
}
