using System.Text.RegularExpressions;
using Engine.Tests.TestKit;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Engine.Tests.Architecture;

/// <summary>Rules that a compiler does not hold. An exception is an entry below, with its reason.</summary>
public sealed class TidyTests
{
    private const int MaxFileLines = 600;
    private const int MaxMethodLines = 70;

    private static readonly string[] Libraries = ["Engine/", "Engine.Plugins/", "Engine.Transport.Sockets/"];

    private static readonly string[] Waits = ["Thread.Sleep", "Task.Delay", "SpinWait.SpinUntil"];

    private static readonly string[] BinaryExtensions = [".png", ".ico", ".dll", ".pdf"];

    /// <summary>Rule (the test's name) and file, with the reason why the rule may be broken there.</summary>
    private static readonly Dictionary<(string Rule, string File), string> Exceptions = new()
    {
        [(nameof(Tests_do_not_wait_for_time_to_pass), "Engine.Tests/TestKit/Shells/VirtualClock.cs")] = "The time that passes is virtual.",
    };

    [Fact]
    public void A_file_of_a_library_has_at_most_600_lines() => Hold(
        nameof(A_file_of_a_library_has_at_most_600_lines),
        "Split it by purpose (Type.Aspect.cs for a partial class).",
        LibraryCode().Where(file => !file.EndsWith(".g.cs", StringComparison.Ordinal)), // What is generated is read in its generator.
        static file => File.ReadLines(RepositoryRoot.FullPath(file)).Count() is > MaxFileLines and var lines ? [$"{lines} lines"] : []);

    [Fact]
    public void A_method_of_a_library_has_at_most_70_lines() => Hold(
        nameof(A_method_of_a_library_has_at_most_70_lines),
        "Give its steps names and methods of their own.",
        LibraryCode(),
        static file => Parse(file).DescendantNodes()
            .Where(node => node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax)
            .Select(node => (Line: LineOf(node), Lines: node.GetText().Lines.Count - node.GetLeadingTrivia().ToFullString().Count(c => c == '\n')))
            .Where(method => method.Lines > MaxMethodLines)
            .Select(method => $"line {method.Line}: {method.Lines} lines"));

    [Fact]
    public void Code_has_no_regions() => Hold(
        nameof(Code_has_no_regions),
        "Remove it; if the file needs sections, it needs splitting.",
        Code(),
        static file => Parse(file).DescendantNodes(descendIntoTrivia: true).OfType<RegionDirectiveTriviaSyntax>().Select(node => $"line {LineOf(node)}"));

    [Fact]
    public void Code_leaves_no_notes_about_work_to_do() => Hold(
        nameof(Code_leaves_no_notes_about_work_to_do),
        "Do it, or open an issue and say in the comment what is so and why.",
        Code(),
        static file => Lines(file, Word("TO" + "DO", "FIX" + "ME", "HA" + "CK", "T" + "BD")));

    [Fact]
    public void Tests_do_not_wait_for_time_to_pass() => Hold(
        nameof(Tests_do_not_wait_for_time_to_pass),
        "Drive a FakeTimeProvider, or wait for the event itself with a timeout.",
        Code().Where(file => file.StartsWith("Engine.Tests/", StringComparison.Ordinal)),
        static file => Parse(file).DescendantNodes().OfType<MemberAccessExpressionSyntax>()
            .Where(node => Waits.Any(wait => $".{node}".EndsWith($".{wait}", StringComparison.Ordinal)))
            .Select(node => $"line {LineOf(node)}: {node}"));

    [Fact]
    public void No_file_names_a_folder_of_one_machine() => Hold(
        nameof(No_file_names_a_folder_of_one_machine),
        "Use a path relative to the repository, or Path.GetTempPath().",
        Text(),
        static file => Lines(file, new Regex("""(?<![\w.)}>~*-])/(work|root|home|tmp)(?=[/\s"'`),;:]|$)""")));

    [Fact]
    public void Lines_end_in_lf() => Hold(
        nameof(Lines_end_in_lf),
        "Convert it (`dotnet format` does for code) and check core.autocrlf.",
        Text(),
        static file => File.ReadAllBytes(RepositoryRoot.FullPath(file)).Contains((byte)'\r') ? ["has a carriage return"] : []);

    [Fact]
    public void Every_exception_names_a_rule_and_a_file_that_exist()
    {
        var rules = typeof(TidyTests).GetMethods().Select(method => method.Name).ToHashSet();
        Assert.All(Exceptions, entry =>
        {
            Assert.Contains(entry.Key.Rule, rules);
            Assert.Contains(entry.Key.File, RepositoryRoot.Files);
            Assert.NotEmpty(entry.Value);
        });
    }

    private static void Hold(string rule, string advice, IEnumerable<string> files, Func<string, IEnumerable<string>> violations)
    {
        var found = files
            .Where(file => !Exceptions.ContainsKey((rule, file)))
            .SelectMany(file => violations(file).Select(violation => $"  {file}: {violation}"))
            .ToList();
        Assert.True(found.Count == 0, $"{rule.Replace('_', ' ')}. {advice}\n{string.Join('\n', found)}");
    }

    private static IEnumerable<string> Code() => RepositoryRoot.Files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal));

    private static IEnumerable<string> LibraryCode() =>
        Code().Where(file => Libraries.Any(library => file.StartsWith(library, StringComparison.Ordinal)));

    private static IEnumerable<string> Text() => RepositoryRoot.Files.Where(file => !BinaryExtensions.Contains(Path.GetExtension(file)));

    private static SyntaxNode Parse(string file) => CSharpSyntaxTree.ParseText(RepositoryRoot.ReadText(file)).GetRoot();

    private static int LineOf(SyntaxNode node) => node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;

    private static Regex Word(params string[] words) => new($@"\b({string.Join('|', words)})\b");

    private static IEnumerable<string> Lines(string file, Regex pattern) =>
        File.ReadLines(RepositoryRoot.FullPath(file)).Index()
            .Where(line => pattern.IsMatch(line.Item))
            .Select(line => $"line {line.Index + 1}: {line.Item.Trim()}");
}
