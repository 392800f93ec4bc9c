using Engine.Nannies.Machine;
using Engine.Plugins;
using Engine.Protocol;
using Engine.Tests.Simulation.Plans;

namespace Engine.Tests.Simulation.Invariants;

/// <summary>How a future ended that did not end well: of which task, and with which error.</summary>
internal readonly record struct SimNodeEnd(SimNode Node, TaskError Error);

/// <summary>Who is to blame: I9, I10. No future ends badly without something that explains it.</summary>
internal sealed class BlameInvariants(World world)
{
    public void Happened(object happened)
    {
        if (happened is not WorkerRemoved removed)
        {
            return;
        }

        Watch.Require(
            "I10",
            removed.IsExpected == CloseTable.IsExpected(removed.Reason),
            $"the end of {removed.Worker.Id} ({removed.Reason}) counts as announced if the table of closing says so");
        foreach (var key in removed.IsExpected ? [] : removed.Processing)
        {
            if (world.Nodes.TryGetValue(key, out var node))
            {
                node.BlameCount++;
            }
        }
    }

    /// <summary>One whose name is used again may be an alias, and fail as the first.</summary>
    public bool IsExplained(SimNodeEnd end) =>
        Explains(end.Node, end.Error)
        || (MayBeAlias(end.Node) && world.Nodes.Values.Any(other => other.Options is { Name: not null } && Explains(other, end.Error)));

    public bool WasCancelled(SimNode node) =>
        node.AnyLine(static line => line.WasCancelled) || (MayBeAlias(node) && world.Nodes.Values.Any(static other => other.WasCancelled));

    private static bool MayBeAlias(SimNode node) => node.AnyLine(static line => line.Options is { Name: not null });

    private bool Explains(SimNode node, TaskError error) => error.Kind switch
    {
        TaskErrorKind.Failed => node.AnyLine(static line => line.Work.Failures > (line.Options is { Timeout: null, Retries: var retries } ? retries : 0)),
        TaskErrorKind.KilledWorker => node.AnyLine(line => line.BlameCount > world.Settings.Scheduler.AllowedFailures),

        // Data that was released may be needed once more, to compute again what was lost or had failed.
        TaskErrorKind.LostData => node.AnyLine(static line => line.Work.IsScattered)
            && node.AnyLine(line => line.Excuse is not null || line.WasCancelled || line.HasForeignInput || world.Nodes.Values.Any(static other => other.WasRetried)),
        TaskErrorKind.TimedOut => node.AnyLine(static line => line.Options is { Timeout: not null }),
        TaskErrorKind.KeyConflict => node.AnyLine(static line => line.Options is { Name: not null }),
        TaskErrorKind.UnknownDependency => node.AnyLine(static line => line.HasForeignInput || line.WasCancelled),
        TaskErrorKind.NoValidWorker => world.Settings.Scheduler.NoWorkersTimeout is not null,
        _ => false,
    };
}
