using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using Engine.Mutation.Mutants;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace Engine.Mutation.Compiling;

/// <summary>The engine as a compilation, of which one file at a time is another.</summary>
internal sealed class EngineCompilation
{
    private readonly CSharpCompilation _compilation;
    private readonly CSharpParseOptions _parse;
    private readonly Dictionary<string, SyntaxTree> _trees;

    public EngineCompilation(string root)
    {
        var inputs = ProjectInputs.Of(Path.Combine(root, "Engine", "Engine.csproj"));
        _parse = new CSharpParseOptions(LanguageVersion.CSharp14, preprocessorSymbols: inputs.Constants);
        _trees = inputs.Sources.ToDictionary(
            path => Path.GetRelativePath(root, path).Replace('\\', '/'),
            path => CSharpSyntaxTree.ParseText(SourceText.From(File.ReadAllText(path), Encoding.UTF8), _parse, path),
            StringComparer.Ordinal);
        var compilation = CSharpCompilation.Create(
            "Engine",
            _trees.Values,
            inputs.References.Select(static path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable, deterministic: true));

        // What generators add doesn't depend on the few lines that mutants change.
        var generators = inputs.Generators.SelectMany(GeneratorsOf).ToImmutableArray();
        CSharpGeneratorDriver.Create(generators, parseOptions: _parse).RunGeneratorsAndUpdateCompilation(compilation, out var generated, out _);
        _compilation = (CSharpCompilation)generated;
    }

    /// <summary>The text of a file of the engine, by its path from the root of the repository.</summary>
    public string TextOf(string file) => _trees.TryGetValue(file, out var tree)
        ? tree.ToString()
        : throw new MutantException($"there is no file {file}");

    /// <summary>Compiles the engine, with one change or with none.</summary>
    /// <param name="edit">The change; null: the engine as it is.</param>
    /// <param name="path">Where the assembly is written.</param>
    /// <exception cref="MutantException">What is to be changed is not there, or the changed engine doesn't compile.</exception>
    public void Emit(Edit? edit, string path)
    {
        var compilation = _compilation;
        if (edit is not null)
        {
            var tree = _trees[edit.File];
            compilation = compilation.ReplaceSyntaxTree(tree, tree.WithChangedText(SourceText.From(edit.Apply(TextOf(edit.File)), Encoding.UTF8)));
        }

        using var output = File.Create(path);
        var result = compilation.Emit(output);
        if (!result.Success)
        {
            throw new MutantException($"it doesn't compile: {result.Diagnostics.First(static diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)}");
        }
    }

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
