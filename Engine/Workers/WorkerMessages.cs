using Engine.Plugins.Transports;
using Engine.Workers.Machine;

namespace Engine.Workers;

/// <summary>Lanes have results.</summary>
internal sealed class ResultsReady : Message
{
    public static readonly ResultsReady Instance = new();
}

/// <summary>Time to see whether short tasks wait behind a long one.</summary>
internal sealed class WatchTick : Message
{
    public static readonly WatchTick Instance = new();
}

internal sealed class SlotLeft(WorkerTask task, TaskKey key, int attempt) : Message
{
    public WorkerTask Task { get; } = task;

    public TaskKey Key { get; } = key;

    public int Attempt { get; } = attempt;
}

internal sealed class TimeLimitReached(WorkerTask task, TaskKey key, int attempt) : Message
{
    public WorkerTask Task { get; } = task;

    public TaskKey Key { get; } = key;

    public int Attempt { get; } = attempt;
}

/// <summary>The worker is to be paused, or let go.</summary>
internal sealed class PauseRequested(bool paused) : Message
{
    public bool Paused { get; } = paused;
}

/// <summary>A connection to a peer is there, or can't be had.</summary>
internal sealed class PeerConnected(PeerLink link, IConnection? connection) : Message
{
    public PeerLink Link { get; } = link;

    public IConnection? Connection { get; } = connection;
}

/// <summary>The worker is to end.</summary>
internal sealed class StopRequested(CloseReason reason, string detail) : Message
{
    public CloseReason Reason { get; } = reason;

    public string Detail { get; } = detail;
}

/// <summary>The next step of closing, taken in the loop.</summary>
internal sealed class ClosingStep(Action run) : Message
{
    public Action Run { get; } = run;
}
