namespace Engine.Mutation.Running;

/// <summary>
/// The child process: runs tests against an engine, request after request. Apart, because a mutant may never end, and nothing but the end of a
/// process stops it then.
/// </summary>
internal static class TestWorker
{
    private static readonly TimeSpan s_testLimit = TimeSpan.FromSeconds(10);

    /// <summary>Answers requests on standard input until that ends.</summary>
    public static int Run(string folder)
    {
        LoadedTests? tests = null;
        (string Path, DateTime Time) loaded = default;
        while (Console.ReadLine() is { } line)
        {
            var request = TestRequest.Parse(line);
            var engine = (request.Engine, File.GetLastWriteTimeUtc(request.Engine));
            if (tests is null || engine != loaded)
            {
                tests?.Unload();
                (tests, loaded) = (new LoadedTests(folder, request.Engine), engine);
            }

            var answer = Answer(tests, request);
            Console.WriteLine(answer.Replace('\n', ' ').Replace('\r', ' '));
        }

        return 0;
    }

    private static string Answer(LoadedTests tests, TestRequest request)
    {
        foreach (var name in request.Classes)
        {
            if (tests.Assembly.GetType(name) is not { } type)
            {
                return $"{TestAnswer.Broken} there is no class {name}";
            }

            if (new TestClass(type).FirstFailure(s_testLimit) is { } failure)
            {
                return $"{TestAnswer.Killed} {failure}";
            }
        }

        return request.Schedules > 0 && Schedules.FirstFailure(tests.Assembly, request.Schedules) is { } seed
            ? $"{TestAnswer.Killed} schedule {seed.Number} of the simulator: {seed.What.Split('\n')[0].Trim()}"
            : TestAnswer.Survived;
    }
}

/// <summary>What a child is asked: to run classes, and then so many schedules of the simulator.</summary>
internal sealed record TestRequest(string Engine, IReadOnlyList<string> Classes, int Schedules)
{
    public override string ToString() => $"{Engine}\t{string.Join(';', Classes)}\t{Schedules}";

    public static TestRequest Parse(string line)
    {
        var parts = line.Split('\t');
        return new TestRequest(parts[0], parts[1].Split(';', StringSplitOptions.RemoveEmptyEntries), int.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture));
    }
}

/// <summary>How a child's answers begin.</summary>
internal static class TestAnswer
{
    public const string Killed = "killed";
    public const string Survived = "survived";
    public const string Broken = "broken";
}
