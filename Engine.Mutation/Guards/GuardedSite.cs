using System.Text.RegularExpressions;
using Engine.Mutation.Compiling;
using Engine.Mutation.Mutants;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Engine.Mutation.Guards;

/// <summary>A place in the engine where an invariant is decided. It is marked by a comment, <c>// Guard I1: what it sees to.</c>, and reaches from there to the end of what follows.</summary>
/// <param name="Name">The invariant and what the place sees to.</param>
/// <param name="File">Path from the root of the repository.</param>
/// <param name="Span">The statement, the arm, the operand or the member behind the comment.</param>
internal sealed partial record GuardedSite(string Name, string File, TextSpan Span)
{
    /// <summary>All places that are marked.</summary>
    public static IReadOnlyList<GuardedSite> In(EngineSources sources) => [.. sources.Files.SelectMany(file =>
        sources.TreeOf(file).GetRoot().DescendantTrivia()
            .Where(static trivia => trivia.IsKind(SyntaxKind.SingleLineCommentTrivia))
            .Select(static trivia => (Trivia: trivia, Match: Mark().Match(trivia.ToString())))
            .Where(static found => found.Match.Success)
            .Select(found => new GuardedSite(found.Match.Groups[1].Value, file, Behind(found.Trivia.Token))))];

    public bool Has(Mutant mutant) => mutant.Change.File == File && Span.IntersectsWith(mutant.Change.Span);

    /// <summary>The largest statement, arm or member that begins with a token; if there is none, the largest expression.</summary>
    private static TextSpan Behind(SyntaxToken token)
    {
        var nodes = token.Parent!.AncestorsAndSelf().TakeWhile(node => node.SpanStart == token.SpanStart).ToList();
        return (nodes.LastOrDefault(static node => node is StatementSyntax or SwitchExpressionArmSyntax or MemberDeclarationSyntax or SwitchSectionSyntax)
            ?? nodes.LastOrDefault(static node => node is ExpressionSyntax))?.Span ?? token.Span;
    }

    [GeneratedRegex(@"^// Guard (I\d+: .+?)\.?$")]
    private static partial Regex Mark();
}
