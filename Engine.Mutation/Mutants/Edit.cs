using Microsoft.CodeAnalysis.Text;

namespace Engine.Mutation.Mutants;

/// <summary>A change of one place in one file, as people write it.</summary>
/// <param name="File">Path from the root of the repository.</param>
/// <param name="Find">The text that is changed. It is there exactly once: a mutant whose place has gone fails the gate.</param>
/// <param name="Replace">What is there instead.</param>
internal sealed record Edit(string File, string Find, string Replace)
{
    /// <exception cref="MutantException">The text is not there, or more than once.</exception>
    public Change In(string text)
    {
        var place = text.IndexOf(Find, StringComparison.Ordinal);
        if (place < 0)
        {
            throw new MutantException($"\"{Find}\" is no longer in {File}. If the rule moved, move its mutant; if it went, say why.");
        }

        return text.IndexOf(Find, place + 1, StringComparison.Ordinal) >= 0
            ? throw new MutantException($"\"{Find}\" is more than once in {File}. Name more of its surroundings.")
            : new Change(File, new TextSpan(place, Find.Length), Replace);
    }
}

/// <summary>A mutant that can't be made.</summary>
internal sealed class MutantException(string message) : Exception(message);
