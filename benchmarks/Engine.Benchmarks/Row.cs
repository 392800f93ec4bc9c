namespace Engine.Benchmarks;

/// <summary>All repetitions of one metric of one contender.</summary>
/// <param name="Scenario">The scenario's name.</param>
/// <param name="Size">The size that this contender ran; Dask gets a smaller one.</param>
/// <param name="Contender">The contender's name.</param>
/// <param name="Metric">Unit and meaning.</param>
/// <param name="Values">One value a repetition, in the order in which they were taken.</param>
internal sealed record Row(string Scenario, int Size, string Contender, string Metric, IReadOnlyList<double> Values)
{
    public double Median { get; } = MedianOf(Values);

    public double Min { get; } = Values.Min();

    public double Max { get; } = Values.Max();

    private static double MedianOf(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

/// <summary>Collects the samples of a scenario, which arrive interleaved, into rows.</summary>
internal sealed class RowBuilder(Scenario scenario)
{
    private readonly OrderedDictionary<(string Contender, string Metric), List<double>> _values = [];

    public void Add(string contender, IEnumerable<Sample> samples)
    {
        foreach ((string metric, double value) in samples)
        {
            if (!_values.TryGetValue((contender, metric), out List<double>? values))
            {
                _values.Add((contender, metric), values = []);
            }

            values.Add(value);
        }
    }

    public IReadOnlyList<Row> Build() =>
    [
        .. _values.Select(entry =>
            new Row(scenario.Name, scenario.Size, entry.Key.Contender, entry.Key.Metric, entry.Value)),
    ];
}
