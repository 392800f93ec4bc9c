using System.Globalization;
using Engine.Benchmarks.Soak;

namespace Engine.Benchmarks;

/// <summary>The parsed arguments.</summary>
internal sealed class CommandLine
{
    private const string ProcessesOption = "processes";
    private const int DefaultReps = 7;
    private const int DefaultWarmups = 3;
    private const int QuickReps = 3;
    private const int QuickWarmups = 1;

    private readonly HashSet<string> _scenarios = [];
    private readonly List<string> _only = [];
    private int? _reps;

    public static string Usage =>
        $"""
        usage: [processes] [scenario...] [--reps N] [--quick] [--only TEXT]... [--no-dask] [--json FILE]
               {MembershipBenchmark.Option} [--reps N]
               {SoakOptions.Usage["usage: ".Length..]}
          scenarios: {string.Join(' ', ScenarioCatalog.Options(processes: false))} (default: all)
          {ProcessesOption}: with worker processes; its scenarios: {string.Join(' ', ScenarioCatalog.Options(processes: true))}
          --reps N     measured repetitions, default {DefaultReps} ({QuickReps} with --quick)
          --quick      an eighth of the size, fewer repetitions: does it work, and roughly how fast
          --only TEXT  only contenders whose name contains TEXT
          --no-dask    leave Dask out, also when it is installed
          --json FILE  write all values to FILE
        """;

    /// <summary>Whether workers are processes of their own.</summary>
    public bool Processes { get; private set; }

    public IReadOnlyCollection<string> Scenarios => _scenarios;

    public int Reps => _reps ?? (Quick ? QuickReps : DefaultReps);

    public int Warmups => Quick ? QuickWarmups : DefaultWarmups;

    public bool Quick { get; private set; }

    public bool Dask { get; private set; } = true;

    public string? JsonFile { get; private set; }

    public bool Includes(string contender) =>
        _only.Count == 0 || _only.Exists(text => contender.Contains(text, StringComparison.OrdinalIgnoreCase));

    /// <summary>Returns null if the arguments make no sense.</summary>
    public static CommandLine? TryParse(IReadOnlyList<string> arguments)
    {
        var result = new CommandLine { Processes = arguments is [ProcessesOption, ..] };
        using var argument = arguments.Skip(result.Processes ? 1 : 0).GetEnumerator();
        while (argument.MoveNext())
        {
            if (!result.TryTake(argument))
            {
                return null;
            }
        }

        return result;
    }

    private bool TryTake(IEnumerator<string> argument)
    {
        switch (argument.Current)
        {
            case "--quick":
                return Quick = true;
            case "--no-dask":
                Dask = false;
                return true;
            case "--reps" when argument.MoveNext():
                var isNumber = int.TryParse(argument.Current, NumberStyles.None, CultureInfo.InvariantCulture, out int reps);
                _reps = reps;
                return isNumber && reps > 0;
            case "--json" when argument.MoveNext():
                JsonFile = argument.Current;
                return true;
            case "--only" when argument.MoveNext():
                _only.Add(argument.Current);
                return true;
            default:
                _scenarios.Add(argument.Current);
                return ScenarioCatalog.Options(Processes).Contains(argument.Current);
        }
    }
}
