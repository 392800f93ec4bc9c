namespace Engine.Mutation;

/// <summary>What the gate was asked to do.</summary>
/// <param name="Only">Only mutants whose name or file contains this; null: all.</param>
/// <param name="Learn">Whether to write down which tests kill which mutants.</param>
/// <param name="Schedules">How many schedules of the simulator a mutant may survive.</param>
internal sealed record GateOptions(string? Only, bool Learn, int Schedules)
{
    public static GateOptions Parse(string[] args)
    {
        var options = new GateOptions(null, false, 10_000);
        for (var i = 0; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--only" when i + 1 < args.Length => options with { Only = args[++i] },
                "--schedules" when i + 1 < args.Length => options with { Schedules = int.Parse(args[++i], System.Globalization.CultureInfo.InvariantCulture) },
                "--learn" => options with { Learn = true },
                _ => throw new ArgumentException($"\"{args[i]}\" is no option. There are --only TEXT, --schedules N, --learn."),
            };
        }

        return options;
    }
}
