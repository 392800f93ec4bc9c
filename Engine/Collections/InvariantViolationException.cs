namespace Engine.Collections;

/// <summary>A state machine contradicts itself: a bug of the engine.</summary>
internal sealed class InvariantViolationException(string what)
    : EngineException($"It should hold that {what}, but it doesn't. Please report this.");
