using Engine.Mutation.Mutants;

namespace Engine.Mutation.Stock;

/// <summary>
/// The stock mutants that may survive, each with the reason: <c>mutant</c>, and in the next line, indented, <c>why</c>. Mutants in lines that follow
/// each other have one reason.
/// </summary>
internal sealed class AcceptedList
{
    private readonly Dictionary<string, string> _reasons = new(StringComparer.Ordinal);

    /// <param name="folder">The folder with the lists.</param>
    /// <exception cref="MutantException">One has no reason, or is there twice.</exception>
    public AcceptedList(string folder)
    {
        foreach (var path in Directory.EnumerateFiles(folder, "*.txt").Order(StringComparer.Ordinal))
        {
            Add(File.ReadAllLines(path).Where(static line => line.Length > 0));
        }
    }

    public IEnumerable<string> Mutants => _reasons.Keys;

    public string? ReasonOf(string mutant) => _reasons.GetValueOrDefault(mutant);

    private void Add(IEnumerable<string> lines)
    {
        List<string> mutants = [];
        foreach (var line in lines)
        {
            if (!line.StartsWith(' '))
            {
                mutants.Add(line);
                continue;
            }

            foreach (var mutant in mutants.Where(mutant => !_reasons.TryAdd(mutant, line.Trim())))
            {
                throw new MutantException($"\"{mutant}\" is accepted twice.");
            }

            mutants.Clear();
        }

        if (mutants is [var first, ..])
        {
            throw new MutantException($"\"{first}\" is accepted without a reason. The line behind a mutant is indented and says why nobody can notice it.");
        }
    }
}
