using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Engine.Host;

/// <summary>The options of commands that start workers.</summary>
internal sealed class WorkerSettings
{
    private readonly Argument<string> _address = new("ADDRESS") { Description = "The scheduler's address." };
    private readonly Option<string?> _name = new("--name") { Description = "The worker's name; of several, what their names begin with. Default: the machine's name and a number." };
    private readonly Option<int> _threads = new("--threads") { Description = "Functions that run at the same time.", DefaultValueFactory = static _ => 1 };
    private readonly Option<long?> _memory = new("--memory-limit") { Description = "Bytes that a worker's values may take: 500000000, 500MB, 2GiB.", CustomParser = ParseBytes };
    private readonly Option<string[]> _resources = new("--resource") { Description = "An amount of a resource that tasks can ask for, for example gpu=1; may be given several times." };
    private readonly Option<string?> _host = new("--host") { Description = "The label of the host. When its last worker is retired, what is started under it later is refused." };
    private readonly Option<string?> _listen = new("--listen") { Description = "Where the worker listens for others. Default: an address of the scheduler's scheme, which is chosen." };
    private readonly Option<FileInfo[]> _assemblies = new("--assembly") { Description = "An assembly with functions; may be given several times. Clients can upload more." };
    private readonly Option<TimeSpan?> _shutdown = new("--shutdown-timeout")
    {
        Description = "How long retiring may take after SIGTERM, before the worker closes all the same.",
        CustomParser = Durations.Parse,
        DefaultValueFactory = static _ => TimeSpan.FromSeconds(30),
    };

    public SecurityOptions Security { get; } = new();

    public void AddTo(Command command)
    {
        command.Add(_address);
        foreach (var option in new Option[] { _name, _threads, _memory, _resources, _host, _listen, _assemblies, _shutdown })
        {
            command.Add(option);
        }

        Security.AddTo(command);
    }

    public string Address(ParseResult parsed) => parsed.GetRequiredValue(_address);

    public TimeSpan ShutdownTimeout(ParseResult parsed) => parsed.GetValue(_shutdown) ?? TimeSpan.FromSeconds(30);

    public string[] Assemblies(ParseResult parsed) => [.. (parsed.GetValue(_assemblies) ?? []).Select(static file => file.FullName)];

    /// <param name="parsed">The command line.</param>
    /// <param name="number">Which of several workers; null: there is one.</param>
    public WorkerOptions Worker(ParseResult parsed, int? number = null)
    {
        var given = parsed.GetValue(_name);
        var options = new WorkerOptions
        {
            Name = number is null && given is not null ? given : $"{given ?? $"{Environment.MachineName}-{Environment.ProcessId}"}-{number ?? 0}",
            Threads = parsed.GetValue(_threads),
            MemoryLimit = parsed.GetValue(_memory),
            Host = parsed.GetValue(_host),
            ListenAddress = parsed.GetValue(_listen),
        };
        foreach (var resource in parsed.GetValue(_resources) ?? [])
        {
            var parts = resource.Split('=');
            options.Resources[parts[0]] = parts.Length == 2 && double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var amount)
                ? amount
                : throw new FormatException($"\"{resource}\" is no resource. Write a name and an amount: gpu=1.");
        }

        options.Check();
        return options;
    }

    internal static long? ParseBytes(ArgumentResult result)
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : string.Empty;
        foreach (var (unit, bytes) in new[] { ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("kB", 1_000L), ("MB", 1_000_000L), ("GB", 1_000_000_000L), ("", 1L) })
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text.AsSpan(..^unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                && number * bytes is >= 1 and < long.MaxValue)
            {
                return (long)(number * bytes);
            }
        }

        result.AddError($"\"{text}\" is no number of bytes. Write 500000000, 500MB or 2GiB.");
        return null;
    }
}
