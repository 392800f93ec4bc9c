using System.Diagnostics.Metrics;

namespace Engine.Diagnostics;

/// <summary>How durations are put into buckets, unless whoever collects says otherwise.</summary>
internal static class Durations
{
    /// <summary>From a microsecond, which a small task takes, to a quarter of an hour.</summary>
    public static readonly InstrumentAdvice<double> Buckets = new()
    {
        HistogramBucketBoundaries = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000],
    };
}
