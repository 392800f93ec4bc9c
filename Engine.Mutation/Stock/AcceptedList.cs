using Engine.Mutation.Mutants;

namespace Engine.Mutation.Stock;

/// <summary>The stock mutants that may survive, each with the reason: <c>mutant</c>, and in the next line, indented, <c>why</c>.</summary>
internal sealed class AcceptedList
{
    private readonly Dictionary<string, string> _reasons = new(StringComparer.Ordinal);

    /// <exception cref="MutantException">One has no reason.</exception>
    public AcceptedList(string path)
    {
        var lines = File.ReadAllLines(path).Where(static line => line.Length > 0).ToList();
        for (var i = 0; i < lines.Count; i += 2)
        {
            if (i + 1 == lines.Count || lines[i].StartsWith(' ') || !lines[i + 1].StartsWith(' '))
            {
                throw new MutantException($"\"{lines[i]}\" is accepted without a reason. The line behind a mutant is indented and says why nobody can notice it.");
            }

            _reasons.Add(lines[i], lines[i + 1].Trim());
        }
    }

    public IEnumerable<string> Mutants => _reasons.Keys;

    public string? ReasonOf(string mutant) => _reasons.GetValueOrDefault(mutant);
}
