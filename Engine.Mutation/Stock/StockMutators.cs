using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Engine.Mutation.Stock;

/// <summary>
/// The mutants that need no knowledge of what the code is for: literals, conditions, operators, statements. They are Stryker's, under Stryker's
/// names, as far as they can break a rule (texts for people are left alone), and two more: a condition that names something, and that can't be
/// negated therefore, is never met; and parts of patterns are left out.
/// </summary>
internal static class StockMutators
{
    private static readonly Dictionary<SyntaxKind, string[]> s_operators = new()
    {
        [SyntaxKind.EqualsEqualsToken] = ["!="],
        [SyntaxKind.ExclamationEqualsToken] = ["=="],
        [SyntaxKind.LessThanToken] = ["<=", ">="],
        [SyntaxKind.LessThanEqualsToken] = ["<", ">"],
        [SyntaxKind.GreaterThanToken] = [">=", "<="],
        [SyntaxKind.GreaterThanEqualsToken] = [">", "<"],
        [SyntaxKind.AmpersandAmpersandToken] = ["||"],
        [SyntaxKind.BarBarToken] = ["&&"],
        [SyntaxKind.PlusToken] = ["-"],
        [SyntaxKind.MinusToken] = ["+"],
        [SyntaxKind.AsteriskToken] = ["/"],
        [SyntaxKind.SlashToken] = ["*"],
        [SyntaxKind.PlusEqualsToken] = ["-="],
        [SyntaxKind.MinusEqualsToken] = ["+="],
        [SyntaxKind.QuestionQuestionEqualsToken] = ["="],
        [SyntaxKind.BarToken] = ["&"],
        [SyntaxKind.AmpersandToken] = ["|"],
        [SyntaxKind.BarEqualsToken] = ["^=", "&="],
        [SyntaxKind.AmpersandEqualsToken] = ["^=", "|="],
        [SyntaxKind.PlusPlusToken] = ["--"],
        [SyntaxKind.MinusMinusToken] = ["++"],
    };

    private static readonly Dictionary<string, string> s_queries = new()
    {
        ["Any"] = "All",
        ["All"] = "Any",
        ["First"] = "Last",
        ["FirstOrDefault"] = "LastOrDefault",
        ["Last"] = "First",
        ["LastOrDefault"] = "FirstOrDefault",
        ["Min"] = "Max",
        ["Max"] = "Min",
        ["OrderBy"] = "OrderByDescending",
        ["OrderByDescending"] = "OrderBy",
        ["ThenBy"] = "ThenByDescending",
        ["ThenByDescending"] = "ThenBy",
        ["Order"] = "OrderDescending",
        ["OrderDescending"] = "Order",
        ["MinBy"] = "MaxBy",
        ["MaxBy"] = "MinBy",
        ["Sum"] = "Max",
        ["Concat"] = "Except",
        ["Except"] = "Concat",
        ["Union"] = "Intersect",
        ["Skip"] = "Take",
        ["Take"] = "Skip",
    };

    /// <summary>What can be changed at a place itself, not at what is in it.</summary>
    public static IEnumerable<StockChange> Of(SyntaxNode node) => node switch
    {
        LiteralExpressionSyntax literal when literal.IsKind(SyntaxKind.TrueLiteralExpression) => [new("Boolean", literal, "false")],
        LiteralExpressionSyntax literal when literal.IsKind(SyntaxKind.FalseLiteralExpression) => [new("Boolean", literal, "true")],
        IfStatementSyntax branch => Negated(branch.Condition),
        WhileStatementSyntax loop => Negated(loop.Condition),
        ConditionalExpressionSyntax choice => Chosen(choice),
        BinaryExpressionSyntax binary when binary.IsKind(SyntaxKind.CoalesceExpression) =>
            [new("NullCoalescing", binary, $"({binary.Left})"), new("NullCoalescing", binary, $"({binary.Right})")],
        BinaryExpressionSyntax binary => IsText(binary) ? [] : Replaced(binary, binary.OperatorToken),
        AssignmentExpressionSyntax assignment => Replaced(assignment, assignment.OperatorToken),
        PrefixUnaryExpressionSyntax unary when unary.IsKind(SyntaxKind.LogicalNotExpression) => [new("Unary", unary, unary.Operand.ToString())],
        PrefixUnaryExpressionSyntax unary => Replaced(unary, unary.OperatorToken),
        PostfixUnaryExpressionSyntax unary => Replaced(unary, unary.OperatorToken),
        ConstantPatternSyntax { Parent: UnaryPatternSyntax negated } pattern => [new("Pattern", negated, pattern.ToString())],
        BinaryPatternSyntax pattern => [new("Pattern", pattern, pattern.Left.ToString()), new("Pattern", pattern, pattern.Right.ToString())],
        PropertyPatternClauseSyntax { Subpatterns.Count: > 1 } clause => clause.Subpatterns.Select(left =>
            new StockChange("Pattern", clause, $"{{ {string.Join(", ", clause.Subpatterns.Where(other => other != left))} }}", $"without {left}")),
        RelationalPatternSyntax pattern => Replaced(pattern, pattern.OperatorToken),
        InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name: var name } } when s_queries.TryGetValue(name.Identifier.Text, out var other) =>
            [new("Linq", name, name.ToString().Replace(name.Identifier.Text, other, StringComparison.Ordinal))],
        ExpressionStatementSyntax or BreakStatementSyntax or ContinueStatementSyntax or ThrowStatementSyntax or ReturnStatementSyntax { Expression: null } =>
            [new("Statement", node, ";")],
        _ => [],
    };

    private static StockChange[] Negated(ExpressionSyntax condition) => DeclaresNames(condition)
        ? [new("Never", condition, $"({condition}) && false")]
        : [new("Negate", condition, $"!({condition})")];

    private static StockChange[] Chosen(ConditionalExpressionSyntax choice) =>
    [
        new("Conditional", choice.Condition, DeclaresNames(choice.Condition) ? $"({choice.Condition}) && false" : "false"),
        new("Conditional", choice.Condition, $"({choice.Condition}) || true"),
    ];

    private static bool DeclaresNames(ExpressionSyntax condition) => condition.DescendantNodes().Any(static node => node is VariableDesignationSyntax);

    private static IEnumerable<StockChange> Replaced(SyntaxNode node, SyntaxToken token) => s_operators.GetValueOrDefault(token.Kind(), [])
        .Select(other => new StockChange(KindOf(node), node, string.Concat(node.ToString().AsSpan(0, token.SpanStart - node.SpanStart), other, node.ToString().AsSpan(token.Span.End - node.SpanStart))));

    private static string KindOf(SyntaxNode node) => node switch
    {
        AssignmentExpressionSyntax => "Assignment",
        PrefixUnaryExpressionSyntax or PostfixUnaryExpressionSyntax => "Update",
        BinaryExpressionSyntax binary when binary.Kind() is SyntaxKind.LogicalAndExpression or SyntaxKind.LogicalOrExpression => "Logical",
        BinaryExpressionSyntax binary when binary.Kind() is SyntaxKind.AddExpression or SyntaxKind.SubtractExpression or SyntaxKind.MultiplyExpression or SyntaxKind.DivideExpression => "Arithmetic",
        _ => "Equality",
    };

    /// <summary>Texts that are put together.</summary>
    private static bool IsText(BinaryExpressionSyntax binary) => binary.IsKind(SyntaxKind.AddExpression)
        && binary.DescendantNodes().Any(static node => node is InterpolatedStringExpressionSyntax || node.IsKind(SyntaxKind.StringLiteralExpression));
}

/// <summary>A change that needs no knowledge.</summary>
/// <param name="Kind">Stryker's word for it.</param>
/// <param name="Node">What is replaced.</param>
/// <param name="Text">What is there instead.</param>
/// <param name="Label">The change in words; null: the old and the new text say it.</param>
internal sealed record StockChange(string Kind, SyntaxNode Node, string Text, string? Label = null);
