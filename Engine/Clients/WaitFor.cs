namespace Engine;

/// <summary>When a wait for several futures is over.</summary>
/// <remarks>dask: <c>return_when</c>.</remarks>
public enum WaitFor
{
    /// <summary>When all have ended, whatever their ends.</summary>
    All,

    /// <summary>When one has ended, whatever its end.</summary>
    Any,

    /// <summary>When one has ended without a value, or all have ended.</summary>
    FirstException,
}
