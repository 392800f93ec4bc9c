using System.Globalization;
using System.Text;
using Engine.Mutation.Mutants;
using Engine.Mutation.Running;

namespace Engine.Mutation;

/// <summary>What the gate has found: checks that passed or failed, and the lines of its table.</summary>
internal sealed class GateReport
{
    private readonly List<Check> _checks = [];

    public int Failed => _checks.Count(static check => !check.Passes);

    public IEnumerable<string> FailedNames => _checks.Where(static check => !check.Passes).Select(static check => check.Name);

    /// <summary>0: all is well.</summary>
    public int ExitCode => _checks.Count > 0 && Failed == 0 ? 0 : 1;

    public void Add(string layer, string rule, string name, bool passes, string result) => _checks.Add(new Check(layer, rule, name, passes, result));

    /// <summary>Adds what came of a mutant.</summary>
    /// <param name="layer">The part of the table.</param>
    /// <param name="mutant">The mutant.</param>
    /// <param name="answer">What came of it.</param>
    /// <param name="reason">Why it may survive; null: it may not.</param>
    public bool Add(string layer, Mutant mutant, TestAnswer answer, string? reason)
    {
        var (passes, result) = (answer.Outcome, reason) switch
        {
            (TestOutcome.Refused, _) => (false, $"doesn't compile: {answer.Detail}"),
            (TestOutcome.Survived, null) => (false, "survived"),
            (TestOutcome.Survived, _) => (true, $"accepted: {reason}"),
            (_, not null) => (false, $"is accepted as one that nobody can notice, but {answer.Name} does ({answer.Detail}): take it off the list"),
            (TestOutcome.Killed, _) => (true, $"killed by {answer.Name}"),
            _ => (true, $"killed: {answer.Name} {answer.Detail}"),
        };
        Add(layer, mutant.Rule, mutant.Name, passes, result);
        return passes;
    }

    /// <summary>The table: what failed first, then a line for each check of the parts that are told in full, then a line for each other part.</summary>
    /// <param name="full">The parts that are told in full.</param>
    public string Table(params string[] full)
    {
        var text = new StringBuilder();
        foreach (var layer in _checks.GroupBy(static check => check.Layer))
        {
            var told = layer.Where(check => !check.Passes || full.Contains(check.Layer)).OrderBy(static check => check.Passes).ToList();
            text.Append('\n').Append(layer.Key).Append(CultureInfo.InvariantCulture, $": {layer.Count(static check => check.Passes)} of {layer.Count()}\n");
            var rule = told.Select(static check => check.Rule.Length).DefaultIfEmpty().Max();
            var name = told.Select(static check => check.Name.Length).DefaultIfEmpty().Max();
            foreach (var check in told)
            {
                text.Append(check.Passes ? "  ok    " : "  FAIL  ").Append(check.Rule.PadRight(rule)).Append("  ").Append(check.Name.PadRight(name)).Append("  ").Append(check.Result).Append('\n');
            }
        }

        return text.Append(CultureInfo.InvariantCulture, $"\n{_checks.Count - Failed} passed, {Failed} failed").ToString();
    }

    private sealed record Check(string Layer, string Rule, string Name, bool Passes, string Result);
}
