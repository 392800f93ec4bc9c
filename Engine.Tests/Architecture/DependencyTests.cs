using System.Reflection;
using System.Xml.Linq;
using Engine.Tests.TestKit;

namespace Engine.Tests.Architecture;

/// <summary>Who may know whom: Engine.Plugins knows nobody, Engine and Engine.Transport.Sockets know only Engine.Plugins.</summary>
public sealed class DependencyTests
{
    [Theory]
    [InlineData("Engine.Plugins", "")]
    [InlineData("Engine", "Engine.Plugins")]
    [InlineData("Engine.Transport.Sockets", "Engine.Plugins")]
    public void A_library_references_only_the_projects_it_may(string library, string allowed)
    {
        var references = ProjectItems(library, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/')));
        Assert.True(
            references.SequenceEqual(allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries)),
            $"{library} should reference exactly these projects: '{allowed}'. Move what it needs into Engine.Plugins, as a contract.");
    }

    [Theory]
    [InlineData("Engine.Plugins", "")]
    [InlineData("Engine", "MemoryPack Microsoft.Extensions.ObjectPool System.Threading.Channels")]
    [InlineData("Engine.Transport.Sockets", "Pipelines.Sockets.Unofficial")]
    public void A_library_references_only_the_packages_it_may(string library, string allowed)
    {
        var unexpected = ProjectItems(library, "PackageReference").Except(allowed.Split(' ')).ToList();
        Assert.True(
            unexpected.Count == 0,
            $"{library} references {string.Join(", ", unexpected)}. A dependency is a promise to every user: give the reason, then list it here.");
    }

    [Fact]
    public void Compiled_libraries_know_only_whom_they_may()
    {
        Assert.Empty(EngineReferences("Engine.Plugins"));
        Assert.Empty(EngineReferences("Engine").Except(["Engine.Plugins"]));
        Assert.Empty(EngineReferences("Engine.Transport.Sockets").Except(["Engine.Plugins"]));
    }

    [Fact]
    public void Engine_plugins_needs_nothing_but_the_framework()
    {
        var others = Assembly.Load("Engine.Plugins").GetReferencedAssemblies()
            .Select(reference => reference.Name!)
            .Where(name => !name.StartsWith("System.", StringComparison.Ordinal));
        Assert.Empty(others);
    }

    private static IEnumerable<string> ProjectItems(string project, string kind) =>
        XDocument.Parse(RepositoryRoot.ReadText($"{project}/{project}.csproj")).Descendants(kind).Select(item => item.Attribute("Include")!.Value);

    private static IEnumerable<string> EngineReferences(string assembly) =>
        Assembly.Load(assembly).GetReferencedAssemblies()
            .Select(reference => reference.Name!)
            .Where(name => name == "Engine" || name.StartsWith("Engine.", StringComparison.Ordinal));
}
