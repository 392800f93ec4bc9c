using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Engine.Tests.TestKit;

/// <summary>Compiles C# of the documentation as a user's program: against the public surface only.</summary>
internal static class ExampleCompiler
{
    // What a project gets without asking, and what any program that uses the engine begins with.
    private const string GlobalUsings =
        """
        global using Engine;
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Xunit;
        """;

    private const string Preamble =
        """
        await using var cluster = await LocalCluster.StartAsync();
        await using var client = await cluster.ConnectAsync();

        """;

    private static readonly CSharpParseOptions s_parse = new(LanguageVersion.CSharp14);

    private static readonly ImmutableArray<MetadataReference> s_references =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator) // Not null: every .NET host sets it.
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    /// <summary>The errors of an example, as a reader of its file would look for them; none if it compiles.</summary>
    public static IReadOnlyList<string> Errors(CodeBlock block)
    {
        var (compilation, addedLines) = Compile(block);
        return
        [
            .. compilation.GetDiagnostics()
                .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)
                .Select(error => $"{block.File}:{block.Line + 1 + error.Location.GetLineSpan().StartLinePosition.Line - addedLines}: {error.GetMessage()}"),
        ];
    }

    /// <summary>Runs an example that is a program, and gives what it printed.</summary>
    public static async Task<string> RunAsync(CodeBlock block)
    {
        using var image = new MemoryStream();
        var result = Compile(block).Compilation.Emit(image);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics));
        image.Position = 0;
        var entry = AssemblyLoadContext.Default.LoadFromStream(image).EntryPoint!; // Not null: it is a program.
        var before = Console.Out;
        using var printed = new StringWriter { NewLine = "\n" };
        Console.SetOut(printed);
        try
        {
            // The entry point waits for the asynchronous one, so it needs a thread of its own.
            await Task.Run(() => entry.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [Array.Empty<string>()], null)).Within("the example");
        }
        finally
        {
            Console.SetOut(before);
        }

        return printed.ToString();
    }

    private static (CSharpCompilation Compilation, int AddedLines) Compile(CodeBlock block)
    {
        var text = block.Text;
        var root = CSharpSyntaxTree.ParseText(text, s_parse).GetCompilationUnitRoot();
        var isProgram = root.Members.Any(member => member is GlobalStatementSyntax);
        var addedLines = 0;
        if (isProgram && !text.Contains("LocalCluster.StartAsync", StringComparison.Ordinal))
        {
            // An excerpt may use a client without saying where it comes from.
            text = text.Insert(root.Usings.FullSpan.End, Preamble);
            addedLines = Preamble.Count(character => character == '\n');
        }

        var compilation = CSharpCompilation.Create(
            $"Example{block.Line}",
            [CSharpSyntaxTree.ParseText(GlobalUsings, s_parse), CSharpSyntaxTree.ParseText(text, s_parse)],
            s_references,
            new CSharpCompilationOptions(
                isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        return (compilation, addedLines);
    }
}
