using System.Diagnostics;
using Engine.Mutation.Compiling;
using Engine.Mutation.Mutants;
using Engine.Mutation.Running;

namespace Engine.Mutation;

/// <summary>Shows mutants to tests, and those that no test notices to the simulator; as many at a time as there are processors.</summary>
internal sealed class MutantTrials(string testsFolder, string folder, SwitchedEngine engine, string enginePath)
{
    private static readonly int s_lanes = Math.Max(1, Environment.ProcessorCount);
    private TestMap? _map;

    public int TestsCount => _map?.Count ?? 0;

    /// <summary>Runs all tests on the engine as it is, if they are used, and some schedules.</summary>
    /// <returns>What failed: nothing, if the mutants can be tried.</returns>
    public async Task<IReadOnlyList<TestAnswer>> MeasureAsync(int schedules, bool useTests)
    {
        var answers = (await Task.WhenAll(Enumerable.Range(0, s_lanes).Select(async lane =>
        {
            using var process = new TestProcess(testsFolder, enginePath);
            var measured = useTests ? await process.MeasureAsync(lane, s_lanes) : [TestAnswer.End];
            return lane > 0 || measured[^1].Outcome != TestOutcome.End ? measured
                : [.. measured, await process.TryAsync(new TestRequest(TestRequestKind.Schedules, 0, schedules, []))];
        }))).SelectMany(static lane => lane).ToList();
        _map = new TestMap(answers.Where(static answer => answer is { Outcome: TestOutcome.Survived, Name.Length: > 0 }));
        return [.. answers.Where(static answer => answer.Outcome is not (TestOutcome.Survived or TestOutcome.End))];
    }

    /// <summary>Tries mutants.</summary>
    /// <param name="numbers">Their numbers, the first to be tried first.</param>
    /// <param name="mutants">All mutants of the engine, the first of them number 1.</param>
    /// <param name="schedules">How many schedules each may survive.</param>
    /// <param name="useTests">Whether tests are asked before the simulator.</param>
    /// <param name="tell">Told of each mutant when it is known what came of it; several at a time.</param>
    public async Task RunAsync(IEnumerable<int> numbers, IReadOnlyList<Mutant> mutants, Func<int, int> schedules, bool useTests, Action<int, TestAnswer, TimeSpan> tell)
    {
        var queue = new Queue<int>(numbers);
        await Task.WhenAll(Enumerable.Range(0, s_lanes).Select(lane => Task.Run(async () =>
        {
            using var process = new TestProcess(testsFolder, enginePath);
            while (Next() is { } number)
            {
                var start = Stopwatch.GetTimestamp();
                TestAnswer answer;
                if (engine.MemberOf(number) is { } member)
                {
                    answer = await TryAsync(process, number, member, schedules(number), useTests);
                }
                else
                {
                    var path = Path.Combine(folder, $"alone{lane}", "Engine.dll");
                    Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                    var refusal = engine.EmitAlone(mutants[number - 1], path);
                    using var own = new TestProcess(testsFolder, path);
                    answer = refusal is null ? await TryAsync(own, 0, null, schedules(number), useTests) : new TestAnswer(TestOutcome.Refused, string.Empty, refusal);
                }

                tell(number, answer, Stopwatch.GetElapsedTime(start));
            }
        })));

        int? Next()
        {
            lock (queue)
            {
                return queue.TryDequeue(out var number) ? number : null;
            }
        }
    }

    private async Task<TestAnswer> TryAsync(TestProcess process, int mutant, int? member, int schedules, bool useTests)
    {
        var tests = useTests ? _map!.For(member) : [];
        var answer = tests.Count == 0 ? TestAnswer.Survivor : await process.TryAsync(new TestRequest(TestRequestKind.Tests, mutant, 0, tests));
        if (answer.Outcome == TestOutcome.Survived)
        {
            return schedules == 0 ? answer : await process.TryAsync(new TestRequest(TestRequestKind.Schedules, mutant, schedules, []));
        }

        if (answer.Name.Length > 0)
        {
            _map!.Learn(member, answer.Name);
        }

        return answer;
    }
}
