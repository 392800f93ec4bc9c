namespace Engine.Mutation;

/// <summary>Which class of tests killed which mutant last time. A hint only: it is tried first, and all others after it.</summary>
internal sealed class KillerList
{
    private readonly string _path;
    private readonly SortedDictionary<string, string> _killers;

    public KillerList(string path)
    {
        _path = path;
        var lines = File.Exists(path) ? File.ReadAllLines(path) : [];
        _killers = new SortedDictionary<string, string>(
            lines.Where(static line => line.Length > 0).ToDictionary(static line => line.Split(" : ")[0], static line => line.Split(" : ")[1]),
            StringComparer.Ordinal);
    }

    public string? Find(string mutant) => _killers.GetValueOrDefault(mutant);

    public void Learn(string mutant, string className) => _killers[mutant] = className;

    /// <summary>Writes the list, without mutants that are no more.</summary>
    public void Save(IEnumerable<string> mutants)
    {
        var known = mutants.ToHashSet(StringComparer.Ordinal);
        File.WriteAllText(_path, string.Concat(_killers.Where(pair => known.Contains(pair.Key)).Select(static pair => $"{pair.Key} : {pair.Value}\n")));
    }
}
