namespace Engine;

/// <summary>How to find what the engine measures and traces. What there is stands in <c>docs/telemetry.md</c>.</summary>
public static class EngineTelemetry
{
    /// <summary>The name of the engine's meter, and of its activity source.</summary>
    public const string SourceName = "Engine";

    /// <summary>The version of both.</summary>
    internal static string? Version { get; } = typeof(EngineTelemetry).Assembly.GetName().Version?.ToString(3);
}
