using System.Reflection;

namespace Engine.Mutation.Running;

/// <summary>
/// The tests that mutants are shown to: those of the cores, which depend on nothing but what they are given. What runs on a clock or on threads of
/// its own takes long, and may fail for reasons that are not the mutant's.
/// </summary>
internal sealed class TestPool(Assembly tests)
{
    private static readonly TimeSpan s_waitLimit = TimeSpan.FromSeconds(10);

    private static readonly string[] s_namespaces =
    [
        "Engine.Tests.Scheduling", "Engine.Tests.Workers", "Engine.Tests.Nannies", "Engine.Tests.Clusters", "Engine.Tests.Clients",
        "Engine.Tests.Collections", "Engine.Tests.Snapshots", "Engine.Tests.Sessions",
    ];

    /// <summary>All tests, as <c>Namespace.Class.Test</c>, in an order that is always the same.</summary>
    public IReadOnlyList<string> All { get; } =
    [
        .. tests.GetTypes().Where(Contains)
            .SelectMany(static type => new TestClass(type).Tests.Select(test => $"{type.FullName}.{test}"))
            .Order(StringComparer.Ordinal),
    ];

    /// <returns>What was wrong with a test; null: it passed.</returns>
    public string? FailureOf(string name)
    {
        var dot = name.LastIndexOf('.');
        return new TestClass(tests.GetType(name[..dot], throwOnError: true)!).FailureOf(name[(dot + 1)..], s_waitLimit)?.Split('\n')[0].Trim();
    }

    private static bool Contains(Type type) =>
        TestClass.HasTests(type)
        && (TestClass.IsSynchronous(type) || type.CustomAttributes.Any(static attribute => attribute.AttributeType.Name == "UsesVerifyAttribute"))
        && Array.Exists(s_namespaces, prefix => type.Namespace!.StartsWith(prefix, StringComparison.Ordinal));
}
