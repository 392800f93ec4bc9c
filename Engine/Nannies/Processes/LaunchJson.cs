using System.Globalization;
using System.Text.Json;

namespace Engine.Nannies.Processes;

/// <summary>What a worker has to know, as JSON. What is null is written too, so that what is missing is an error. See <see cref="PipeJson"/>.</summary>
internal static class LaunchJson
{
    public static void Write(Utf8JsonWriter json, LaunchDocument launch)
    {
        json.WriteNumber("version", launch.Version);
        json.WriteString("scheduler", launch.Scheduler);
        json.WriteString("listen", launch.Listen);
        json.WriteString("nanny", launch.Nanny);
        json.WriteString("leaves", launch.Leaves is { } leaves ? Text(leaves) : null);
        json.WriteStartObject("environment");
        foreach (var (name, value) in launch.Environment)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        WriteTexts(json, "unset", launch.Unset);
        json.WriteBoolean("validate", launch.Validate);
        WriteTexts(json, "assemblies", launch.Assemblies);
        json.WriteStartObject("worker");
        Write(json, launch.Worker);
        json.WriteEndObject();
        json.WriteStartObject("security");
        Write(json, launch.Security);
        json.WriteEndObject();
    }

    public static LaunchDocument Read(JsonElement json) => new()
    {
        Version = json.GetProperty("version").GetInt32(),
        Scheduler = Text(json.GetProperty("scheduler")),
        Listen = json.GetProperty("listen").GetString(),
        Nanny = json.GetProperty("nanny").GetGuid(),
        Leaves = json.GetProperty("leaves").GetString() is { } leaves ? Time(leaves) : null,
        Environment = ReadEnvironment(json.GetProperty("environment")),
        Unset = ReadTexts(json.GetProperty("unset")),
        Validate = json.GetProperty("validate").GetBoolean(),
        Assemblies = ReadTexts(json.GetProperty("assemblies")),
        Worker = ReadWorker(json.GetProperty("worker")),
        Security = ReadSecurity(json.GetProperty("security")),
    };

    /// <summary>A text that is not null.</summary>
    public static string Text(JsonElement value) => value.GetString() ?? throw new JsonException("A text is missing.");

    private static void Write(Utf8JsonWriter json, WorkerDocument worker)
    {
        json.WriteString("name", worker.Name);
        json.WriteNumber("threads", worker.Threads);
        json.WriteStartObject("resources");
        foreach (var (name, amount) in worker.Resources)
        {
            json.WriteNumber(name, amount);
        }

        json.WriteEndObject();
        json.WriteString("host", worker.Host);
        json.WriteString("closeTimeout", Text(worker.CloseTimeout));
        WriteNumber(json, "memoryTarget", worker.MemoryTarget);
        WriteNumber(json, "memoryPause", worker.MemoryPause);
        WriteNumber(json, "memoryTerminate", worker.MemoryTerminate);
        if (worker.MemoryLimit is { } limit)
        {
            json.WriteNumber("memoryLimit", limit);
        }
        else
        {
            json.WriteNull("memoryLimit");
        }
    }

    private static WorkerDocument ReadWorker(JsonElement json)
    {
        var resources = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var resource in json.GetProperty("resources").EnumerateObject())
        {
            resources[resource.Name] = resource.Value.GetDouble();
        }

        return new WorkerDocument
        {
            Name = Text(json.GetProperty("name")),
            Threads = json.GetProperty("threads").GetInt32(),
            Resources = resources,
            Host = json.GetProperty("host").GetString(),
            CloseTimeout = Time(Text(json.GetProperty("closeTimeout"))),
            MemoryTarget = ReadNumber(json.GetProperty("memoryTarget")),
            MemoryPause = ReadNumber(json.GetProperty("memoryPause")),
            MemoryTerminate = ReadNumber(json.GetProperty("memoryTerminate")),
            MemoryLimit = json.GetProperty("memoryLimit") is { ValueKind: not JsonValueKind.Null } limit ? limit.GetInt64() : null,
        };
    }

    private static void Write(Utf8JsonWriter json, SecurityDocument security)
    {
        if (security.Secret is { } secret)
        {
            json.WriteBase64String("secret", secret);
        }
        else
        {
            json.WriteNull("secret");
        }

        json.WriteString("certificateFile", security.CertificateFile);
        json.WriteString("keyFile", security.KeyFile);
        json.WriteString("authorityFile", security.AuthorityFile);
        json.WriteBoolean("allowInsecure", security.AllowInsecure);
    }

    private static SecurityDocument ReadSecurity(JsonElement json) => new()
    {
        Secret = json.GetProperty("secret") is { ValueKind: not JsonValueKind.Null } secret ? secret.GetBytesFromBase64() : null,
        CertificateFile = json.GetProperty("certificateFile").GetString(),
        KeyFile = json.GetProperty("keyFile").GetString(),
        AuthorityFile = json.GetProperty("authorityFile").GetString(),
        AllowInsecure = json.GetProperty("allowInsecure").GetBoolean(),
    };

    private static Dictionary<string, string> ReadEnvironment(JsonElement json)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in json.EnumerateObject())
        {
            variables[variable.Name] = Text(variable.Value);
        }

        return variables;
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static string[] ReadTexts(JsonElement json)
    {
        var texts = new string[json.GetArrayLength()];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = Text(json[i]);
        }

        return texts;
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static double? ReadNumber(JsonElement value) => value.ValueKind == JsonValueKind.Null ? null : value.GetDouble();

    private static string Text(TimeSpan value) => value.ToString("c", CultureInfo.InvariantCulture);

    private static TimeSpan Time(string text) => TimeSpan.ParseExact(text, "c", CultureInfo.InvariantCulture);
}
