using System.Globalization;

namespace GracefulShrink;

/// <summary>What was asked for on the command line.</summary>
internal sealed record ShrinkOptions
{
    public const string Help =
        """
        Shrinks a cluster to one worker while a slow manager ends the machines, and counts what was lost or done again.

        Usage: GracefulShrink [options]

          --workers N      workers to start with, each on a machine of its own; by default 344
          --tasks N        tasks, each with a result of 4 KiB; by default 2000
          --seed N         what delays follow from; by default 1
          --fast           no delays: the manager ends a machine at once, and no task is slow. For measuring
          --disease        machines have a supervisor that starts another worker when theirs is missing, as Dask's nanny did
          --host-labels    workers say on which machine they are. With --disease: the scheduler refuses the other worker
          --help           print this text

        Exit codes: 0 nothing was lost, computed again or resurrected; 1 something was, or an error; 2 bad usage; 130 interrupted.

        """;

    private const int CountMax = 1_000_000;

    public int Workers { get; init; } = 344;

    public int Tasks { get; init; } = 2000;

    public int Seed { get; init; } = 1;

    public bool IsFast { get; init; }

    public bool HasDisease { get; init; }

    public bool HasHostLabels { get; init; }

    public bool ShowHelp { get; private init; }

    /// <summary>How often workers say that they live: often enough to fall into the gap before their machine goes.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The manager takes a machine at some time between at once and this.</summary>
    public TimeSpan ReclaimTimeMax => IsFast ? TimeSpan.Zero : TimeSpan.FromSeconds(3);

    /// <summary>The last tasks, which run when the shrink begins.</summary>
    public int SlowTasks => IsFast ? 0 : Math.Min(Workers - 1, (Tasks / 20) + 1);

    /// <summary>How long the slowest of them takes.</summary>
    public TimeSpan SlowTaskTimeMax => TimeSpan.FromSeconds(2.5);

    /// <exception cref="UsageException">An option or its value is wrong; the message says which and what to write instead.</exception>
    public static ShrinkOptions Parse(string[] args)
    {
        var parsed = new ShrinkOptions();
        for (var i = 0; i < args.Length; i++)
        {
            parsed = args[i] switch
            {
                "--workers" => parsed with { Workers = Number(args, ref i, 1) },
                "--tasks" => parsed with { Tasks = Number(args, ref i, 1) },
                "--seed" => parsed with { Seed = Number(args, ref i, 0) },
                "--fast" => parsed with { IsFast = true },
                "--disease" => parsed with { HasDisease = true },
                "--host-labels" => parsed with { HasHostLabels = true },
                "--help" or "-h" => parsed with { ShowHelp = true },
                var other => throw new UsageException($"There is no option '{other}'. GracefulShrink --help lists those there are."),
            };
        }

        return parsed;
    }

    private static int Number(string[] args, ref int i, int min)
    {
        var option = args[i];
        if (++i == args.Length)
        {
            throw new UsageException($"{option} needs a number after it, for example {option} 10.");
        }

        return int.TryParse(args[i], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= CountMax
            ? number
            : throw new UsageException($"{option} needs a whole number from {min} to {CountMax}, not '{args[i]}'.");
    }
}

/// <summary>The program was called wrongly; the message says what to do.</summary>
internal sealed class UsageException(string message) : Exception(message);
