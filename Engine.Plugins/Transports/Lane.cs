namespace Engine.Plugins.Transports;

/// <summary>One of the two lanes of a connection. Order is kept within a lane, not between them.</summary>
public enum Lane
{
    /// <summary>Everything that changes the state of tasks or replicas.</summary>
    Data,

    /// <summary>Heartbeats, liveness, questions and kill: never behind data.</summary>
    Control,
}
