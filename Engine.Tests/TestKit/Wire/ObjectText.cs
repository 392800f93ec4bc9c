using System.Collections;
using System.Globalization;
using System.Reflection;
using Engine.Data;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tasks;

namespace Engine.Tests.TestKit.Wire;

/// <summary>An object as a text, field by field: two objects are the same if their texts are.</summary>
internal static class ObjectText
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    public static string Of(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        DataValue data => Of(data.Boxed),
        Delegate or Engine.Tasks.Remote.FunctionReference => "function",
        _ when value.GetType().Name == "FunctionReference" => "function", // Where functions aren't run they stay references.
        ConstantWork work => $"work {Of(work.Invoke(default, 0, null))}",
        Exception error => OfError(error),
        SubmitBatch batch => $"{OfBatch(batch)} {batch.First} {OfItems(Enumerable.Range(0, batch.Count).Select(batch.OptionsOf))}",
        FinishedTask { Values: { } values } task => $"{OfFields(task with { Values = null })} {OfItems(values.Take(task.Count))}",
        KeyNotice { Values: { } values } notice => $"{OfFields(notice with { Values = null })} {OfItems(values.Take(notice.Count))}",
        Message when value.GetType().GetField("Entries") is not null => OfBatch(value),
        IDictionary map => OfItems(map.Keys.Cast<object>().Zip(map.Values.Cast<object>())),
        IEnumerable items => OfItems(items),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        bool yes => yes ? "true" : "false",
        _ => OfFields(value),
    };

    private static string OfItems(IEnumerable items) => $"[{string.Join(", ", items.Cast<object?>().Select(Of))}]";

    private static string OfBatch(object batch)
    {
        var type = batch.GetType();
        var text = $"{type.Name} {Part("Entries", "Count")}";
        return type.GetField("Dependencies") is null ? text : $"{text} {Part("Dependencies", "DependencyCount")}";

        string Part(string array, string count) =>
            OfItems(((Array)type.GetField(array)!.GetValue(batch)!).Cast<object>().Take((int)type.GetProperty(count)!.GetValue(batch)!));
    }

    private static string OfError(Exception error)
    {
        var more = error.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
            .Where(static property => property.Name is not ("Message" or "ParamName"))
            .Select(property => $" {property.Name}={Of(property.GetValue(error))}");
        return $"{error.GetType().Name}(\"{error.Message}\"{string.Concat(more)} {Of(error.InnerException)})";
    }

    private static string OfFields(object value)
    {
        var fields = new List<string>();
        for (var type = value.GetType(); type is not null && type != typeof(object) && type != typeof(ValueType); type = type.BaseType)
        {
            fields.AddRange(type.GetFields(Fields).Select(field => $"{field.Name}={Of(field.GetValue(value))}"));
        }

        return $"{value.GetType().Name}({string.Join(", ", fields)})";
    }
}
