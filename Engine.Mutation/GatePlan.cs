using Engine.Mutation.Compiling;
using Engine.Mutation.Guards;
using Engine.Mutation.Mutants;
using Engine.Mutation.Stock;

namespace Engine.Mutation;

/// <summary>Which mutants are tried, and what each of them is tried for.</summary>
internal sealed class GatePlan
{
    private readonly List<PlannedMutant> _mutants = [];
    private readonly HashSet<string> _stockNames = new(StringComparer.Ordinal);

    /// <param name="sources">The engine.</param>
    /// <param name="options">What was asked for.</param>
    /// <param name="report">Told of domain mutants that have no place any more.</param>
    /// <exception cref="MutantException">Two mutants, or two guarded sites, have one name.</exception>
    public GatePlan(EngineSources sources, GateOptions options, GateReport report)
    {
        Sites = GuardedSite.In(sources);
        foreach (var domain in DomainMutants.All)
        {
            try
            {
                Add(domain.In(sources), MutantLayer.Domain, options);
            }
            catch (MutantException exception)
            {
                report.Add(LayerNames.Domain, domain.Rule, domain.Name, false, exception.Message);
            }
        }

        if (!options.Simulator)
        {
            AddStock(sources, options);
        }

        if (options.Plant)
        {
            _mutants.Add(new PlannedMutant(DomainMutants.Planted.In(sources) with { Name = "planted by --plant" }, MutantLayer.Domain));
        }

        _mutants.Add(new PlannedMutant(DomainMutants.Planted.In(sources), MutantLayer.SelfTest));
        RequireNames("mutants", _mutants.Select(static planned => planned.Mutant.Name));
        RequireNames("guarded sites", Sites.Select(static site => site.Name));
    }

    public IReadOnlyList<PlannedMutant> Mutants => _mutants;

    public IReadOnlyList<GuardedSite> Sites { get; }

    /// <summary>The names of all stock mutants of the cores and of guarded sites, whether they are tried or not.</summary>
    public IReadOnlySet<string> StockNames => _stockNames;

    private static void RequireNames(string what, IEnumerable<string> names)
    {
        if (names.GroupBy(static name => name).FirstOrDefault(static group => group.Count() > 1) is { } twice)
        {
            throw new MutantException($"Two {what} are called \"{twice.Key}\".");
        }
    }

    private void AddStock(EngineSources sources, GateOptions options)
    {
        var guarded = Sites.Select(static site => site.File).ToHashSet(StringComparer.Ordinal);
        foreach (var mutant in StockMutants.Of(sources, sources.Files.Where(file => LifecycleFiles.CoreOf(file) is not null || guarded.Contains(file))))
        {
            _stockNames.Add(mutant.Name);
            if (LifecycleFiles.All.Contains(mutant.Change.File))
            {
                Add(mutant, MutantLayer.Lifecycle, options);
            }
            else if (Sites.Any(site => site.Has(mutant)))
            {
                Add(mutant, MutantLayer.Guarded, options);
            }
            else if (options.Cores && LifecycleFiles.CoreOf(mutant.Change.File) is not null)
            {
                Add(mutant, MutantLayer.Core, options);
            }
        }
    }

    private void Add(Mutant mutant, MutantLayer layer, GateOptions options)
    {
        if (options.Only is not { } only || mutant.Name.Contains(only, StringComparison.OrdinalIgnoreCase) || mutant.Change.File.Contains(only, StringComparison.OrdinalIgnoreCase))
        {
            _mutants.Add(new PlannedMutant(mutant, layer));
        }
    }
}

/// <summary>A mutant, and what it is tried for.</summary>
internal sealed record PlannedMutant(Mutant Mutant, MutantLayer Layer)
{
    /// <summary>Whether it changes nothing: it is no mutant of the place where it is.</summary>
    public bool IsPlanted => Mutant.Rule == DomainMutants.Planted.Rule;
}

internal enum MutantLayer
{
    /// <summary>A bug that somebody wrote down.</summary>
    Domain,

    /// <summary>A stock mutant of a lifecycle file.</summary>
    Lifecycle,

    /// <summary>A stock mutant of a guarded site in another file.</summary>
    Guarded,

    /// <summary>Any other stock mutant of a core: it counts for the score only.</summary>
    Core,

    /// <summary>It has to survive.</summary>
    SelfTest,
}

/// <summary>The parts of the table.</summary>
internal static class LayerNames
{
    public const string Baseline = "The engine as it is";
    public const string Domain = "Domain mutants";
    public const string Simulator = "Domain mutants in the simulator alone";
    public const string Guards = "Guarded sites";
    public const string Lifecycle = "Stock mutants of lifecycle files and guarded sites";
    public const string Accepted = "Accepted stock mutants of other files";
    public const string Scores = "Scores of the cores";
    public const string SelfTests = "The gate itself";
}
