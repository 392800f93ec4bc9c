using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using Engine.Mutation.Mutants;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace Engine.Mutation.Compiling;

/// <summary>The engine's files, and how they are compiled when some of them are others.</summary>
internal sealed class EngineSources
{
    private readonly CSharpCompilation _compilation;
    private readonly CSharpParseOptions _parse;
    private readonly Dictionary<string, SyntaxTree> _trees;

    public EngineSources(string root)
    {
        var inputs = ProjectInputs.Of(Path.Combine(root, "Engine", "Engine.csproj"));
        _parse = new CSharpParseOptions(LanguageVersion.CSharp14, preprocessorSymbols: inputs.Constants);
        _trees = inputs.Sources.ToDictionary(
            path => Path.GetRelativePath(root, path).Replace('\\', '/'),
            path => Parse(File.ReadAllText(path), path),
            StringComparer.Ordinal);
        var compilation = CSharpCompilation.Create(
            "Engine",
            _trees.Values,
            inputs.References.Select(static path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable, deterministic: true));

        // What generators add doesn't depend on what mutants change.
        var generators = inputs.Generators.SelectMany(GeneratorsOf).ToImmutableArray();
        CSharpGeneratorDriver.Create(generators, parseOptions: _parse).RunGeneratorsAndUpdateCompilation(compilation, out var generated, out _);
        _compilation = (CSharpCompilation)generated;
    }

    /// <summary>All files, by their paths from the root of the repository.</summary>
    public IEnumerable<string> Files => _trees.Keys.Order(StringComparer.Ordinal);

    /// <exception cref="MutantException">There is no such file.</exception>
    public SyntaxTree TreeOf(string file) => _trees.GetValueOrDefault(file) ?? throw new MutantException($"there is no file {file}");

    public string TextOf(string file) => TreeOf(file).ToString();

    /// <summary>Compiles the engine.</summary>
    /// <param name="texts">The files that are others than they were, and their new text.</param>
    /// <param name="added">The text of a file that is added; null: none.</param>
    /// <param name="path">Where the assembly is written.</param>
    /// <returns>What the compiler objected to. If that is nothing, the assembly is there.</returns>
    public IReadOnlyList<Diagnostic> Emit(IReadOnlyDictionary<string, string> texts, string? added, string path)
    {
        var compilation = _compilation;
        foreach (var (file, text) in texts)
        {
            compilation = compilation.ReplaceSyntaxTree(_trees[file], Parse(text, file));
        }

        if (added is not null)
        {
            compilation = compilation.AddSyntaxTrees(Parse(added, "added.cs"));
        }

        using var output = File.Create(path);
        return [.. compilation.Emit(output).Diagnostics.Where(static diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)];
    }

    private SyntaxTree Parse(string text, string path) => CSharpSyntaxTree.ParseText(SourceText.From(text, Encoding.UTF8), _parse, path);

    private static IEnumerable<ISourceGenerator> GeneratorsOf(string path) =>
        new AnalyzerFileReference(path, Loader.Instance).GetGenerators(LanguageNames.CSharp);

    private sealed class Loader : IAnalyzerAssemblyLoader
    {
        public static readonly Loader Instance = new();

        public void AddDependencyLocation(string fullPath)
        {
            // The generators that the engine uses need nothing beside them that isn't there.
        }

        public Assembly LoadFromPath(string fullPath) => Assembly.LoadFrom(fullPath);
    }
}
