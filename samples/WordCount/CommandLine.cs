using System.Globalization;

namespace WordCount;

/// <summary>What was asked for on the command line.</summary>
internal sealed record CommandLine
{
    public const string Help =
        """
        Counts the words in all text files under a folder, on a cluster within this process.

        Usage: WordCount [folder] [options]

          folder         where to look; by default this repository
          --workers N    workers of the cluster; by default one for each processor
          --threads N    tasks that each worker runs at the same time; by default 1
          --top N        how many of the most frequent words to print; by default 20
          --all          print every word as "count word", sorted by word
          --help         print this text

        A word is a maximal run of the letters A-Z and a-z, in lower case. Files are taken as bytes; those that contain a
        NUL byte are binary and left out, and so are folders named .git, artifacts, bin, obj and node_modules.
        Exit codes: 0 counted, 1 failed, 2 bad usage, 130 interrupted.

        """;

    private const int ParallelismMax = 1024;

    public string? Folder { get; private init; }

    public int Workers { get; private init; } = Environment.ProcessorCount;

    public int Threads { get; private init; } = 1;

    public int Top { get; private init; } = 20;

    public bool All { get; private init; }

    public bool ShowHelp { get; private init; }

    /// <exception cref="UsageException">An option or its value is wrong; the message says which and what to write instead.</exception>
    public static CommandLine Parse(string[] args)
    {
        var parsed = new CommandLine();
        for (var i = 0; i < args.Length; i++)
        {
            parsed = args[i] switch
            {
                "--workers" => parsed with { Workers = Number(args, ref i, ParallelismMax) },
                "--threads" => parsed with { Threads = Number(args, ref i, ParallelismMax) },
                "--top" => parsed with { Top = Number(args, ref i, int.MaxValue) },
                "--all" => parsed with { All = true },
                "--help" or "-h" => parsed with { ShowHelp = true },
                ['-', ..] => throw new UsageException($"There is no option '{args[i]}'. WordCount --help lists those there are."),
                _ when parsed.Folder is not null => throw new UsageException($"One folder at a time: '{parsed.Folder}' or '{args[i]}'."),
                _ => parsed with { Folder = args[i] },
            };
        }

        return parsed;
    }

    private static int Number(string[] args, ref int i, int max)
    {
        var option = args[i];
        if (++i == args.Length)
        {
            throw new UsageException($"{option} needs a number after it, for example {option} 4.");
        }

        return int.TryParse(args[i], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= max
            ? number
            : throw new UsageException($"{option} needs a whole number from 1 to {max}, not '{args[i]}'.");
    }
}

/// <summary>The program was called wrongly; the message says what to do.</summary>
internal sealed class UsageException(string message) : Exception(message);
