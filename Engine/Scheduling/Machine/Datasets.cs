namespace Engine.Scheduling.Machine;

/// <summary>Keys that are pinned under a name. dask: published datasets.</summary>
internal sealed record Dataset(string Name, TaskKey[] Keys, bool IsList);

/// <summary>All published datasets, by name.</summary>
internal sealed class Datasets
{
    private readonly SortedDictionary<string, Dataset> _byName = new(StringComparer.Ordinal);

    public IEnumerable<string> Names => _byName.Keys;

    public IEnumerable<Dataset> All => _byName.Values;

    public Dataset? Find(string name) => _byName.GetValueOrDefault(name);

    public void Add(Dataset dataset) => _byName.Add(dataset.Name, dataset);

    public Dataset? Remove(string name) => _byName.Remove(name, out var dataset) ? dataset : null;
}
