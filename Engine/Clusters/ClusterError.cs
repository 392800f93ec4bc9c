namespace Engine;

/// <summary>Something that went wrong with a worker of a cluster. The cluster goes on. Logged in the topic <c>cluster</c>.</summary>
/// <param name="Worker">The worker's name.</param>
/// <param name="Message">What went wrong and what the cluster does about it.</param>
/// <param name="Cause">What the provisioner or the scheduler threw, or null.</param>
public sealed record ClusterError(string Worker, string Message, Exception? Cause);
