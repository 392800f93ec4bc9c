using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using Engine.Tests.TestKit;
using Xunit.Sdk;

namespace VerifyXunit;

/// <summary>Marks a test class that uses snapshots; tells <see cref="Verifier"/> which test runs.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class UsesVerifyAttribute : BeforeAfterTestAttribute
{
    private static readonly AsyncLocal<MethodInfo?> CurrentTest = new();

    internal static MethodInfo Test =>
        CurrentTest.Value ?? throw new InvalidOperationException("The class of a test that calls Verifier.Verify needs [UsesVerify].");

    public override void Before(MethodInfo methodUnderTest) => CurrentTest.Value = methodUnderTest;

    public override void After(MethodInfo methodUnderTest) => CurrentTest.Value = null;
}

/// <summary>
/// The part of Verify that our tests use, with its names and file conventions, for machines that cannot restore the package.
/// <c>-p:UseVerifyPackage=true</c> takes Verify.Xunit instead of this folder (docs/testing.md).
/// </summary>
public static class Verifier
{
    public static SettingsTask Verify(object? target, [CallerFilePath] string sourceFile = "") =>
        new(target as string ?? SnapshotText.From(target), UsesVerifyAttribute.Test, sourceFile);
}

/// <summary>A snapshot about to be compared; awaiting it compares.</summary>
public sealed class SettingsTask(string text, MethodInfo test, string sourceFile)
{
    private object?[] _parameters = [];

    /// <summary>The arguments of a theory, in the order of its parameters: they become part of the file's name.</summary>
    public SettingsTask UseParameters(params object?[] parameters)
    {
        _parameters = parameters;
        return this;
    }

    public TaskAwaiter GetAwaiter()
    {
        SnapshotFile.Compare(Path.Combine(Folder(), FileName()), text, SnapshotFile.Recording);
        return Task.CompletedTask.GetAwaiter();
    }

    // A deterministic build writes made-up roots into caller paths: keep the part that starts at this project.
    private string Folder()
    {
        var path = sourceFile.Replace('\\', '/');
        var project = path.LastIndexOf("/Engine.Tests/", StringComparison.Ordinal);
        return Path.Combine(RepositoryRoot.Folder, Path.GetDirectoryName(path[(project + 1)..])!);
    }

    private string FileName()
    {
        var type = test.ReflectedType!;
        var typeName = type.IsNested ? $"{type.DeclaringType!.Name}.{type.Name}" : type.Name;
        var names = test.GetParameters().Select(parameter => parameter.Name);
        var values = _parameters.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "null");
        var suffix = string.Concat(names.Zip(values, (name, value) => $"_{name}={value}"));
        return string.Join('-', $"{typeName}.{test.Name}{suffix}".Split(Path.GetInvalidFileNameChars()));
    }
}
