using Engine.Mutation.Compiling;
using Engine.Mutation.Mutants;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Engine.Mutation.Stock;

/// <summary>All stock mutants of some files.</summary>
internal static class StockMutants
{
    private const int TextMax = 90;

    /// <summary>The mutants, named by their member and by what is changed; what is the same there is counted.</summary>
    public static IReadOnlyList<Mutant> Of(EngineSources sources, IEnumerable<string> files)
    {
        Dictionary<string, int> known = [];
        List<Mutant> mutants = [];
        foreach (var file in files)
        {
            var root = sources.TreeOf(file).GetRoot();
            foreach (var change in root.DescendantNodes(static node => !IsForPeople(node)).Where(static node => !IsForPeople(node)).SelectMany(StockMutators.Of))
            {
                var name = $"{PlaceOf(root, change.Node)}: {Short(change.Node.ToString())} {Short(change.Label ?? $"-> {change.Text}")}";
                var number = known[name] = known.GetValueOrDefault(name) + 1;
                mutants.Add(new Mutant(number == 1 ? name : $"{name} ({number})", change.Kind, new Change(file, change.Node.Span, change.Text)));
            }
        }

        return mutants;
    }

    /// <summary>What is said to people, or about the code, and what checks the machine itself: no rule hangs on it.</summary>
    private static bool IsForPeople(SyntaxNode node) => node
        is AttributeListSyntax
        or InterpolatedStringExpressionSyntax
        or ExpressionStatementSyntax { Expression: InvocationExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "LogEvent" or "Log" } } }
        or MethodDeclarationSyntax { Identifier.Text: "ToString" }
        || (node is MethodDeclarationSyntax method && method.Identifier.Text.StartsWith("Validate", StringComparison.Ordinal));

    private static string PlaceOf(SyntaxNode root, SyntaxNode node) => SwitchedMember.Around(root, node.Span)?.FullName
        ?? node.AncestorsAndSelf().OfType<BaseTypeDeclarationSyntax>().FirstOrDefault()?.Identifier.Text ?? "?";

    private static string Short(string code)
    {
        var line = string.Join(' ', code.Split((char[])[' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= TextMax ? line : $"{line[..(TextMax / 2)]}…{line[^(TextMax / 2)..]}";
    }
}
