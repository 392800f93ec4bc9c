namespace Engine.Workers.Machine;

internal enum SpillAction : byte
{
    /// <summary>Ends as <see cref="WorkerStateMachine.OnSpilled"/>.</summary>
    Write,

    /// <summary>Ends as <see cref="WorkerStateMachine.OnUnspilled"/>.</summary>
    Read,

    /// <summary>Nothing is said of its end: what can't be deleted goes with the store.</summary>
    Delete,
}

/// <summary>What the store is to do.</summary>
/// <param name="Action">What.</param>
/// <param name="Number">For its event.</param>
/// <param name="Key">The key of the value.</param>
/// <param name="Value">The value, if it is to be written.</param>
internal readonly record struct SpillOrder(SpillAction Action, long Number, TaskKey Key, object? Value = null);
