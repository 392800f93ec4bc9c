namespace Engine.Protocol;

/// <summary>A state machine was asked for a transition that its table doesn't have: a bug of the engine.</summary>
internal sealed class InvalidTransitionException(string task, string start, string finish, string story)
    : EngineException($"{task} can't go from {start} to {finish}. Please report this with the story:\n{story}");
