namespace Engine.Mutation.Guards;

/// <summary>
/// The file that says which mutants have to be there at each guarded site: a line for the site, and an indented one for each mutant. A site or a mutant
/// that is gone fails the gate, so that a guard can't disappear in a refactoring; a new one has to be written down, so that a reviewer sees it.
/// </summary>
internal sealed class GuardList(string path)
{
    private readonly Dictionary<string, List<string>> _sites = Read(path);

    public IEnumerable<string> Sites => _sites.Keys;

    public IReadOnlyList<string> MutantsOf(string site) => _sites.GetValueOrDefault(site, []);

    /// <summary>What is wrong with a site; null: its mutants are those that were written down, and all were killed.</summary>
    public static string? FaultOf(IReadOnlyList<string> written, IReadOnlyList<(string Name, bool IsKilled)> mutants)
    {
        var names = mutants.Select(static mutant => mutant.Name).ToList();
        return mutants.Count == 0 ? "there is nothing to mutate here"
            : written.Except(names).FirstOrDefault() is { } gone ? $"a mutant is no longer there: {gone}"
            : names.Except(written).FirstOrDefault() is { } added ? $"a mutant is not written down (--record does): {added}"
            : mutants.Where(static mutant => !mutant.IsKilled).Select(static mutant => mutant.Name).FirstOrDefault() is { } alive ? $"a mutant survives: {alive}"
            : null;
    }

    /// <summary>Writes down the sites as they are.</summary>
    public static void Write(string path, IEnumerable<(GuardedSite Site, IEnumerable<string> Mutants)> sites) => File.WriteAllText(
        path,
        string.Concat(sites.OrderBy(static site => site.Site.Name, StringComparer.Ordinal).Select(static site =>
            $"{site.Site.Name}\n{string.Concat(site.Mutants.Order(StringComparer.Ordinal).Select(static mutant => $"    {mutant}\n"))}\n")));

    private static Dictionary<string, List<string>> Read(string path)
    {
        Dictionary<string, List<string>> sites = new(StringComparer.Ordinal);
        List<string> mutants = [];
        foreach (var line in File.Exists(path) ? File.ReadAllLines(path) : [])
        {
            if (line.StartsWith(' '))
            {
                mutants.Add(line.Trim());
            }
            else if (line.Length > 0)
            {
                sites.Add(line, mutants = []);
            }
        }

        return sites;
    }
}
