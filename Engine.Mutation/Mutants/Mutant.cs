namespace Engine.Mutation.Mutants;

/// <summary>A bug, written as a change of the engine. The tests have to notice it.</summary>
/// <param name="Name">What is wrong, in words. Unique.</param>
/// <param name="Rule">The invariant or the known failure that it breaks.</param>
/// <param name="Edit">The change.</param>
internal sealed record Mutant(string Name, string Rule, Edit Edit);
