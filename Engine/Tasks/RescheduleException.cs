namespace Engine;

/// <summary>Thrown by a task's function to be placed anew, on any worker; nothing is counted against the task.</summary>
/// <remarks>dask: <c>Reschedule</c>. See <see cref="TaskContext.Reschedule"/>.</remarks>
public sealed class RescheduleException : EngineException
{
    /// <summary>Makes an exception.</summary>
    public RescheduleException()
        : base("The task asked to be placed anew.")
    {
    }
}
