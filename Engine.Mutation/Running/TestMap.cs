using System.Globalization;

namespace Engine.Mutation.Running;

/// <summary>Which tests enter which members, and how much processor time they take: what a mutant is shown to, and in which order.</summary>
internal sealed class TestMap
{
    // What takes longer is the simulator under another name, and mutants are shown to that on its own. Well below the time after which a test counts as one that doesn't end.
    private const double MillisecondsMax = 1_000;
    private readonly List<(string Name, double Milliseconds, HashSet<int> Members)> _tests = [];
    private readonly Dictionary<int, List<string>> _killers = [];
    private readonly Lock _lock = new();

    /// <param name="measured">The answers to <see cref="TestRequestKind.Measure"/>; each is a test that passed.</param>
    public TestMap(IEnumerable<TestAnswer> measured)
    {
        foreach (var answer in measured)
        {
            var parts = answer.Detail.Split(':');
            var members = parts[1].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static text => int.Parse(text, CultureInfo.InvariantCulture));
            _tests.Add((answer.Name, double.Parse(parts[0], CultureInfo.InvariantCulture), [.. members]));
        }

        _tests.RemoveAll(static test => test.Milliseconds > MillisecondsMax);
        _tests.Sort(static (left, right) => left.Milliseconds.CompareTo(right.Milliseconds));
    }

    public int Count => _tests.Count;

    /// <summary>The tests that a mutant is shown to: first those that killed others of its member, the last one first; then the quick ones.</summary>
    /// <param name="member">The member that it is in; null: it is not known which.</param>
    public IReadOnlyList<string> For(int? member)
    {
        var all = _tests.Where(test => member is not { } number || test.Members.Contains(number)).Select(static test => test.Name);
        lock (_lock)
        {
            return [.. member is { } known && _killers.TryGetValue(known, out var killers) ? killers.AsEnumerable().Reverse().Concat(all.Except(killers)) : all];
        }
    }

    public void Learn(int? member, string killer)
    {
        if (member is not { } number)
        {
            return;
        }

        lock (_lock)
        {
            var killers = _killers.TryGetValue(number, out var known) ? known : _killers[number] = [];
            killers.Remove(killer);
            killers.Add(killer);
        }
    }
}
