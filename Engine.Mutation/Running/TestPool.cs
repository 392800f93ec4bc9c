namespace Engine.Mutation.Running;

/// <summary>
/// The tests that mutants are shown to: those of the cores, which depend on nothing but what they are given. What runs on a clock or on threads of
/// its own takes long, and may fail for reasons that are not the mutant's.
/// </summary>
internal static class TestPool
{
    public static bool Contains(Type type) =>
        TestClass.HasTests(type)
        && (TestClass.IsSynchronous(type) || type.CustomAttributes.Any(static attribute => attribute.AttributeType.Name == "UsesVerifyAttribute"))
        && Array.Exists(s_namespaces, prefix => type.Namespace!.StartsWith(prefix, StringComparison.Ordinal));

    private static readonly string[] s_namespaces =
        ["Engine.Tests.Scheduling", "Engine.Tests.Workers", "Engine.Tests.Nannies", "Engine.Tests.Clusters", "Engine.Tests.Clients", "Engine.Tests.Collections"];

    /// <summary>The classes, those of the folder of a file first.</summary>
    public static IEnumerable<string> Ordered(IReadOnlyList<string> classes, string file)
    {
        var folder = file.Split('/')[1];
        return classes.OrderByDescending(name => name.StartsWith($"Engine.Tests.{folder}.", StringComparison.Ordinal));
    }
}
