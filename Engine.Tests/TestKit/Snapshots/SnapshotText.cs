using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Engine.Tests.TestKit;

/// <summary>An object in the manner of Verify: JSON without quotes, members in order of declaration, nulls left out.</summary>
internal static class SnapshotText
{
    private static readonly JsonSerializerOptions Options = new()
    {
        Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        IncludeFields = true,
    };

    public static string From(object? target) => Write(JsonSerializer.SerializeToElement(target, Options), indent: 0);

    private static string Write(JsonElement element, int indent) => element.ValueKind switch
    {
        JsonValueKind.Object => Block('{', '}', element.EnumerateObject().Select(member => $"{member.Name}: {Write(member.Value, indent + 2)}"), indent),
        JsonValueKind.Array => Block('[', ']', element.EnumerateArray().Select(item => Write(item, indent + 2)), indent),
        JsonValueKind.String => element.GetString()!,
        _ => element.GetRawText(),
    };

    private static string Block(char open, char close, IEnumerable<string> items, int indent)
    {
        var pad = new string(' ', indent);
        var lines = string.Join(",\n", items.Select(item => $"{pad}  {item}"));
        return lines.Length == 0 ? $"{open}{close}" : $"{open}\n{lines}\n{pad}{close}";
    }
}
