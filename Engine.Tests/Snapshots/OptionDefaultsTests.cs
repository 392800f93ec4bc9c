using System.Collections;
using System.Globalization;
using System.Reflection;
using VerifyXunit;

namespace Engine.Tests.Snapshots;

/// <summary>The defaults of all options: a change of one shows in the snapshot.</summary>
[UsesVerify]
public sealed class OptionDefaultsTests
{
    [Fact]
    public async Task Defaults() => await Verifier.Verify(string.Join('\n', OptionTypes().SelectMany(static type => Lines(type).Prepend(type.Name))));

    private static IEnumerable<Type> OptionTypes() => new[] { typeof(Client).Assembly, typeof(RetirementOptions).Assembly }
        .SelectMany(static assembly => assembly.GetExportedTypes())
        .Where(static type => (type.Name.EndsWith("Options", StringComparison.Ordinal) || type.Name.EndsWith("Limits", StringComparison.Ordinal))
            && type.GetConstructor(Type.EmptyTypes) is not null)
        .OrderBy(static type => type.Name, StringComparer.Ordinal);

    private static IEnumerable<string> Lines(Type type)
    {
        var options = Activator.CreateInstance(type);
        return type.GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .OrderBy(static property => property.Name, StringComparer.Ordinal)
            .Select(property => $"  {property.Name}: {(property is { Name: nameof(LocalClusterOptions.Workers), DeclaringType.Name: nameof(LocalClusterOptions) } ? "as many as there are processors" : Text(property.GetValue(options)))}");
    }

    private static string Text(object? value) => value switch
    {
        null => "null",
        bool isOn => isOn ? "true" : "false",
        TimeProvider => "the system's clock",
        TaskScheduler => "the thread pool",
        string text => $"\"{text}\"",
        TimeSpan time => time == Timeout.InfiniteTimeSpan ? "infinite" : time.ToString("c", CultureInfo.InvariantCulture),
        IEnumerable items => items.Cast<object>().Any() ? string.Join(", ", items.Cast<object>().Select(Text)) : "empty",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.GetType().Name,
    };
}
