using System.CommandLine.Parsing;
using System.Globalization;

namespace Engine.Host;

/// <summary>Reads durations as people write them: <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>1h</c>.</summary>
internal static class Durations
{
    public static TimeSpan? Parse(ArgumentResult result)
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : string.Empty;
        if (TryParse(text) is { } time)
        {
            return time;
        }

        result.AddError($"\"{text}\" is no duration. Write 500ms, 30s, 5m or 1h.");
        return null;
    }

    internal static TimeSpan? TryParse(string text)
    {
        var (unit, length) = text switch
        {
            [.., 'm', 's'] => (TimeSpan.FromMilliseconds(1), 2),
            [.., 's'] => (TimeSpan.FromSeconds(1), 1),
            [.., 'm'] => (TimeSpan.FromMinutes(1), 1),
            [.., 'h'] => (TimeSpan.FromHours(1), 1),
            _ => (TimeSpan.Zero, 0),
        };
        return length > 0 && double.TryParse(text.AsSpan(..^length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number * unit < TimeSpan.FromDays(49)
            ? number * unit
            : null;
    }
}
