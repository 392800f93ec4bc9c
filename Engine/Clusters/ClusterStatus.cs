namespace Engine;

/// <summary>The workers of a cluster by name, as wanted and as they are: a snapshot.</summary>
/// <remarks>dask: <c>Cluster.plan</c>, <c>requested</c> and <c>observed</c>. The three agree when nothing is under way.</remarks>
/// <param name="Plan">Those that are wanted.</param>
/// <param name="Requested">Those that have a host or are about to get one, and are not being ended.</param>
/// <param name="Observed">Those that are members of the cluster; one that is being retired still is.</param>
/// <param name="RecentErrors">What went wrong last, oldest first; at most 100.</param>
public sealed record ClusterStatus(
    IReadOnlyList<string> Plan, IReadOnlyList<string> Requested, IReadOnlyList<string> Observed, IReadOnlyList<ClusterError> RecentErrors);
