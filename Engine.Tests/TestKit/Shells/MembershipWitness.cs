using Engine.Plugins;

namespace Engine.Tests.TestKit.Shells;

/// <summary>Sees workers come and go, and that each does so once (I4).</summary>
/// <param name="tell">Told of each.</param>
internal sealed class MembershipWitness(Action<string> tell) : SchedulerPlugin
{
    private readonly Dictionary<WorkerId, bool> _members = [];

    public override void AddWorker(WorkerAdded added)
    {
        tell($"{added.Worker.Id} joined");
        if (!_members.TryAdd(added.Worker.Id, true))
        {
            Violations.Add($"I4: {added.Worker.Id} joined twice.");
        }
    }

    public override void RemoveWorker(WorkerRemoved removed)
    {
        tell($"{removed.Worker.Id} left: {removed.Reason}");
        if (!_members.TryGetValue(removed.Worker.Id, out var isMember) || !isMember)
        {
            Violations.Add($"I4: {removed.Worker.Id} left, but was no member.");
        }

        _members[removed.Worker.Id] = false;
    }

    /// <summary>What was wrong so far.</summary>
    public List<string> Violations { get; } = [];

    /// <summary>Whether somebody has yet to leave.</summary>
    public IEnumerable<WorkerId> Members => _members.Where(static pair => pair.Value).Select(static pair => pair.Key);
}
