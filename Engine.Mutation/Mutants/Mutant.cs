using Microsoft.CodeAnalysis.Text;

namespace Engine.Mutation.Mutants;

/// <summary>A bug, written as a change of the engine.</summary>
/// <param name="Name">What is wrong then, in words; no two are called the same.</param>
/// <param name="Rule">The invariant that is broken then, a section of the design, or the kind of a stock mutant.</param>
/// <param name="Change">What is changed.</param>
internal sealed record Mutant(string Name, string Rule, Change Change);

/// <summary>Other text in the place of some.</summary>
/// <param name="File">Path from the root of the repository.</param>
/// <param name="Span">What is replaced.</param>
/// <param name="Text">What is there instead.</param>
internal sealed record Change(string File, TextSpan Span, string Text)
{
    /// <summary>Changes a part of the file.</summary>
    /// <param name="part">The part.</param>
    /// <param name="start">Where it begins in the file.</param>
    public string ApplyTo(string part, int start) =>
        string.Concat(part.AsSpan(0, Span.Start - start), Text, part.AsSpan(Span.End - start));
}
