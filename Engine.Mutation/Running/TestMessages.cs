using System.Globalization;

namespace Engine.Mutation.Running;

/// <summary>What a child is asked for; one line on its standard input.</summary>
/// <param name="Kind">What it is to run.</param>
/// <param name="Mutant">The mutant that the engine is to have; 0: none. For <see cref="TestRequestKind.Measure"/> the number of the first test.</param>
/// <param name="Count">How many schedules are run, or how many tests further the next one is that is measured.</param>
/// <param name="Tests">The tests that are run.</param>
internal sealed record TestRequest(TestRequestKind Kind, int Mutant, int Count, IReadOnlyList<string> Tests)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Kind}\t{Mutant}\t{Count}\t{string.Join(';', Tests)}");

    public static TestRequest Parse(string line)
    {
        var parts = line.Split('\t');
        return new TestRequest(
            Enum.Parse<TestRequestKind>(parts[0]),
            int.Parse(parts[1], CultureInfo.InvariantCulture),
            int.Parse(parts[2], CultureInfo.InvariantCulture),
            parts[3].Split(';', StringSplitOptions.RemoveEmptyEntries));
    }
}

internal enum TestRequestKind
{
    /// <summary>Each test once, without a mutant: one answer a test, and <see cref="TestAnswer.End"/>.</summary>
    Measure,

    /// <summary>The tests that are named, until one fails.</summary>
    Tests,

    /// <summary>Schedules of the simulator, until one fails.</summary>
    Schedules,
}

/// <summary>A child's answer; one line on its standard output.</summary>
/// <param name="Outcome">What came of it.</param>
/// <param name="Name">The test, or the schedule.</param>
/// <param name="Detail">What was wrong, or what was measured.</param>
internal sealed record TestAnswer(TestOutcome Outcome, string Name, string Detail)
{
    public static readonly TestAnswer Survivor = new(TestOutcome.Survived, string.Empty, string.Empty);
    public static readonly TestAnswer End = new(TestOutcome.End, string.Empty, string.Empty);

    public override string ToString() => $"{Outcome}\t{Name}\t{Detail.ReplaceLineEndings(" ").Replace('\t', ' ')}";

    public static TestAnswer Parse(string line)
    {
        var parts = line.Split('\t');
        return new TestAnswer(Enum.Parse<TestOutcome>(parts[0]), parts[1], parts[2]);
    }
}

internal enum TestOutcome
{
    /// <summary>All passed.</summary>
    Survived,

    /// <summary>One failed with the mutant, and passed without it.</summary>
    Killed,

    /// <summary>One failed, and failed without the mutant too. The process is not to be used any more.</summary>
    Soiled,

    /// <summary>One did not end. The process has ended itself.</summary>
    Hung,

    /// <summary>The process broke down.</summary>
    Crashed,

    /// <summary>The mutant doesn't compile.</summary>
    Refused,

    /// <summary>There are no more answers to a request.</summary>
    End,
}
