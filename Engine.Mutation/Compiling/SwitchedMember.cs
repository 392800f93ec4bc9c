using Engine.Mutation.Mutants;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Engine.Mutation.Compiling;

/// <summary>
/// A method, or an accessor of a property, that is there once as it is and once more for each of its mutants. Which one runs is decided when it is
/// called, so that one compiled engine holds all mutants.
/// </summary>
internal sealed class SwitchedMember
{
    private const string MutantMark = "__mutant";
    private const string OriginalMark = "__original";
    private readonly string _name;
    private readonly string _modifiers;
    private readonly string _type;
    private readonly string _generics;
    private readonly string _parameters;
    private readonly string _arguments;
    private readonly string _constraints;
    private readonly bool _isProperty;

    private SwitchedMember(MethodDeclarationSyntax method)
    {
        (Owner, _name, _type) = (method, method.Identifier.Text, method.ReturnType.ToString());
        _modifiers = ModifiersOf(method.Modifiers);
        _generics = method.TypeParameterList?.ToString() ?? string.Empty;
        _parameters = method.ParameterList.ToString();
        _arguments = string.Join(", ", method.ParameterList.Parameters.Select(static parameter => PrefixOf(parameter) + parameter.Identifier.Text));
        _constraints = method.ConstraintClauses.ToString();
        Body = SpanOf(method.Body, method.ExpressionBody, method.SemicolonToken);
    }

    private SwitchedMember(PropertyDeclarationSyntax property, AccessorDeclarationSyntax? accessor)
    {
        var sets = accessor?.Keyword.IsKind(SyntaxKind.SetKeyword) ?? false;
        (Owner, _name) = (property, $"{property.Identifier.Text}_{accessor?.Keyword.Text ?? "get"}");
        (_type, _generics, _constraints) = (sets ? "void" : property.Type.ToString(), string.Empty, string.Empty);
        (_parameters, _arguments) = sets ? ($"({property.Type} value)", "value") : ("()", string.Empty);
        _modifiers = ModifiersOf([.. property.Modifiers, .. accessor?.Modifiers ?? default]);
        _isProperty = accessor is null;
        Body = accessor is null
            ? SpanOf(null, property.ExpressionBody, property.SemicolonToken)
            : SpanOf(accessor.Body, accessor.ExpressionBody, accessor.SemicolonToken);
    }

    /// <summary>The declaration behind which the others are put.</summary>
    public MemberDeclarationSyntax Owner { get; }

    /// <summary>From the brace or the arrow to the end.</summary>
    public TextSpan Body { get; }

    /// <summary>Type and member, for people.</summary>
    public string FullName => $"{(Owner.Parent as BaseTypeDeclarationSyntax)?.Identifier.Text}.{(Owner is PropertyDeclarationSyntax property ? property.Identifier.Text : _name)}";

    /// <summary>The member that a place is in; null: it is in none that can be switched, such as a constructor or the value of a field.</summary>
    public static SwitchedMember? Around(SyntaxNode root, TextSpan span)
    {
        var found = root.FindNode(span).AncestorsAndSelf().Select(static node => node switch
        {
            MethodDeclarationSyntax method when IsSwitchable(method, method.ReturnType, method.Modifiers) && (method.Body ?? (SyntaxNode?)method.ExpressionBody) is not null => new SwitchedMember(method),
            AccessorDeclarationSyntax { Parent.Parent: PropertyDeclarationSyntax property } accessor
                when IsSwitchable(property, property.Type, property.Modifiers) && (accessor.Body ?? (SyntaxNode?)accessor.ExpressionBody) is not null
                && accessor.Keyword.Kind() is SyntaxKind.GetKeyword or SyntaxKind.SetKeyword => new SwitchedMember(property, accessor),
            PropertyDeclarationSyntax { ExpressionBody: not null } property when IsSwitchable(property, property.Type, property.Modifiers) => new SwitchedMember(property, null),
            _ => null,
        }).FirstOrDefault(static member => member is not null);
        return found?.Body.Contains(span) == true ? found : null;
    }

    /// <summary>The mutant whose code a place in a switched file is in; null: it is in none's.</summary>
    public static int? MutantAt(SyntaxNode root, TextSpan span) => NumberAt(root, span, MutantMark);

    /// <summary>The number of the member that a place in a switched file is in, or whose switch it is in; null: neither.</summary>
    public static int? MemberAt(SyntaxNode root, TextSpan span) => NumberAt(root, span, OriginalMark)
        ?? root.FindNode(span).AncestorsAndSelf().OfType<BlockSyntax>().SelectMany(static block => block.Statements).Select(EnteredBy).FirstOrDefault(static number => number is not null);

    /// <summary>What to change in the file, so that the member has all its mutants.</summary>
    /// <param name="number">The member's number.</param>
    /// <param name="text">The text of the file.</param>
    /// <param name="mutants">Its mutants, and their numbers.</param>
    public IEnumerable<TextChange> Switch(int number, string text, IEnumerable<(int Number, Change Change)> mutants)
    {
        var known = mutants.ToList();
        var body = text.Substring(Body.Start, Body.Length);
        var original = $"{_name}{OriginalMark}{number}";
        var arms = string.Concat(known.Select(mutant => $"case {mutant.Number}: {Call(NameOf(mutant.Number))} "));
        var block = $"{{ global::Engine.MutantSwitch.Enter({number}); switch (global::Engine.MutantSwitch.Active) {{ {arms}default: {Call(original)} }} }}";
        yield return new TextChange(Body, _isProperty ? $"{{ get {block} }}" : block);
        var copies = known.Select(mutant => Declare(NameOf(mutant.Number), mutant.Change.ApplyTo(body, Body.Start))).Prepend(Declare(original, body));
        yield return new TextChange(new TextSpan(Owner.Span.End, 0), $"\n{string.Join('\n', copies)}\n");
    }

    private string NameOf(int mutant) => $"{_name}{MutantMark}{mutant}";

    private string Declare(string name, string body) => $"private {_modifiers}{_type} {name}{_generics}{_parameters} {_constraints} {body}";

    private string Call(string name) => _type == "void" ? $"{name}{_generics}({_arguments}); return;" : $"return {name}{_generics}({_arguments});";

    private static bool IsSwitchable(MemberDeclarationSyntax member, TypeSyntax type, SyntaxTokenList modifiers) =>
        type is not RefTypeSyntax && !modifiers.Any(SyntaxKind.AsyncKeyword) && member.Parent is ClassDeclarationSyntax or StructDeclarationSyntax or RecordDeclarationSyntax;

    private static string ModifiersOf(IEnumerable<SyntaxToken> modifiers) => string.Concat(modifiers
        .Where(static token => token.Kind() is SyntaxKind.StaticKeyword or SyntaxKind.ReadOnlyKeyword or SyntaxKind.UnsafeKeyword)
        .Select(static token => $"{token.Text} "));

    private static string PrefixOf(ParameterSyntax parameter) => parameter.Modifiers.Select(static token => token.Kind() switch
    {
        SyntaxKind.RefKeyword => "ref ",
        SyntaxKind.OutKeyword => "out ",
        SyntaxKind.InKeyword => "in ",
        _ => string.Empty,
    }).FirstOrDefault(static prefix => prefix.Length > 0, string.Empty);

    private static TextSpan SpanOf(BlockSyntax? block, ArrowExpressionClauseSyntax? arrow, SyntaxToken semicolon) =>
        block?.Span ?? TextSpan.FromBounds(arrow!.SpanStart, semicolon.Span.End);

    private static int? NumberAt(SyntaxNode root, TextSpan span, string mark) => root.FindNode(span).AncestorsAndSelf().OfType<MethodDeclarationSyntax>()
        .Select(method => method.Identifier.Text.Split(mark) is [_, var number] ? int.Parse(number, System.Globalization.CultureInfo.InvariantCulture) : (int?)null)
        .FirstOrDefault(static number => number is not null);

    private static int? EnteredBy(StatementSyntax statement) => statement.ToString().Split("MutantSwitch.Enter(") is ["global::Engine.", var rest]
        ? int.Parse(rest[..rest.IndexOf(')', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture) : null;
}
