using System.Globalization;

namespace Engine.Mutation.Running;

/// <summary>
/// The child process: runs tests against mutants, request after request. Apart, because a mutant may never end, and nothing but the end of a
/// process stops it then.
/// </summary>
internal sealed class TestWorker : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_measureLimit = TimeSpan.FromMinutes(1);
    private readonly TextWriter _output = Console.Out;
    private readonly LoadedTests _tests;
    private readonly TestPool _pool;
    private readonly Schedules _schedules;
    private readonly Watchdog _watchdog;

    private TestWorker(string folder, string engine)
    {
        Console.SetOut(TextWriter.Null); // What tests print is no answer.
        _tests = new LoadedTests(folder, engine);
        _pool = new TestPool(_tests.Assembly);
        _schedules = new Schedules(_tests.Assembly);
        _watchdog = new Watchdog(name => Answer(new TestAnswer(TestOutcome.Hung, name, "it did not end")));
    }

    /// <summary>Answers requests on standard input until that ends.</summary>
    public static int Run(string folder, string engine)
    {
        using var worker = new TestWorker(folder, engine);
        while (Console.ReadLine() is { } line)
        {
            worker.Handle(TestRequest.Parse(line));
        }

        return 0;
    }

    public void Dispose() => _watchdog.Dispose();

    private void Handle(TestRequest request)
    {
        if (request.Kind == TestRequestKind.Measure)
        {
            Measure(request.Mutant, request.Count);
        }
        else
        {
            Answer(Try(request));
        }
    }

    /// <summary>Runs each n-th test on the engine as it is, and says how much processor time it took and which members it entered.</summary>
    private void Measure(int first, int step)
    {
        for (var i = first; i < _pool.All.Count; i += step)
        {
            var test = _pool.All[i];
            _ = _tests.TakeEntered();
            var start = Environment.CpuUsage.TotalTime;
            var failure = Watched(test, 0, s_measureLimit, () => _pool.FailureOf(test));
            var measured = Invariant($"{(Environment.CpuUsage.TotalTime - start).TotalMilliseconds:0.00}:{string.Join(',', _tests.TakeEntered())}");
            Answer(failure is null ? new TestAnswer(TestOutcome.Survived, test, measured) : new TestAnswer(TestOutcome.Killed, test, failure));
        }

        Answer(TestAnswer.End);
    }

    /// <summary>
    /// Runs tests, or schedules, until one fails with the mutant. It has to pass again without it, and to fail again with it: else it failed for what an
    /// earlier mutant left, which the test itself may have taken away.
    /// </summary>
    private TestAnswer Try(TestRequest request)
    {
        IEnumerable<(string Name, Func<string?> Run)> runs = request.Kind == TestRequestKind.Tests
            ? request.Tests.Select(test => (test, new Func<string?>(() => _pool.FailureOf(test))))
            : Enumerable.Range(0, request.Count).Select(number => (Invariant($"schedule {number}"), new Func<string?>(() => _schedules.FailureOf(number))));
        foreach (var (name, run) in runs)
        {
            if (Watched(name, request.Mutant, s_limit, run) is { } failure)
            {
                var isItself = Watched(name, 0, s_limit, run) is null && Watched(name, request.Mutant, s_limit, run) is not null;
                return new TestAnswer(isItself ? TestOutcome.Killed : TestOutcome.Soiled, name, failure);
            }
        }

        return TestAnswer.Survivor;
    }

    private string? Watched(string name, int mutant, TimeSpan limit, Func<string?> run)
    {
        _tests.Activate(mutant);
        _watchdog.Begin(name, limit);
        var failure = run();
        _watchdog.End();
        _tests.Activate(0);
        return failure;
    }

    private void Answer(TestAnswer answer)
    {
        _output.WriteLine(answer.ToString());
        _output.Flush();
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
