using System.Diagnostics;
using System.Text.Json;

namespace Engine.Mutation.Compiling;

/// <summary>What the compiler is given for a project, as MSBuild says.</summary>
internal sealed record ProjectInputs(IReadOnlyList<string> Sources, IReadOnlyList<string> References, IReadOnlyList<string> Generators, IReadOnlyList<string> Constants)
{
    /// <summary>Asks MSBuild. The project has to be built before, in Release.</summary>
    /// <param name="projectFile">Full path of the project file.</param>
    /// <exception cref="InvalidOperationException">MSBuild failed; the message has what it printed.</exception>
    public static ProjectInputs Of(string projectFile)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            ArgumentList =
            {
                "msbuild", projectFile, "-nologo", "-nodeReuse:false", "-p:Configuration=Release",
                "-t:ResolveAssemblyReferences,GenerateAssemblyInfo,GenerateGlobalUsings",
                "-getItem:Compile", "-getItem:ReferencePath", "-getItem:Analyzer", "-getProperty:DefineConstants",
            },
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet could not be started.");
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"MSBuild could not say what {projectFile} is made of: {output}");
        }

        using var document = JsonDocument.Parse(output);
        var items = document.RootElement.GetProperty("Items");
        return new ProjectInputs(
            Paths(items, "Compile"),
            Paths(items, "ReferencePath"),
            Paths(items, "Analyzer"),
            document.RootElement.GetProperty("Properties").GetProperty("DefineConstants").GetString()!.Split(';'));
    }

    private static List<string> Paths(JsonElement items, string kind) =>
        [.. items.GetProperty(kind).EnumerateArray().Select(static item => item.GetProperty("FullPath").GetString()!)];
}
