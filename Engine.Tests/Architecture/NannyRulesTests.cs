using System.Text.RegularExpressions;
using Mono.Cecil;

namespace Engine.Tests.Architecture;

/// <summary>
/// What a nanny does when its worker has ended is decided by the reason, in one table. Nothing public or internal can say "close the
/// worker and keep the nanny": that switch is what dask/distributed 8522 came from.
/// </summary>
public sealed class NannyRulesTests
{
    private static readonly string[] s_libraries = ["Engine", "Engine.Plugins", "Engine.Transport.Sockets"];

    private static readonly Regex s_suspicious = new("nanny|restart|respawn|keepalive|successor", RegexOptions.IgnoreCase);

    /// <summary>Booleans that may have such a name, with the reason why.</summary>
    private static readonly Dictionary<string, string> s_allowed = new(StringComparer.Ordinal)
    {
        ["Engine.Plugins.NannyPlugin.RestartsWorker"] = "Asks the nanny for a restart when the plugin is registered; ends no worker.",
        ["Engine.NannyOptions.LifetimeRestart"] = "What is intended when a lifetime is over. It becomes a CloseReason before anything ends.",
        ["Engine.Nannies.Machine.NannySettings.LifetimeRestart"] = "The copy of the option.",
        ["Engine.Nannies.Machine.INannySink.RetireWorker(restart)"] = "Which reason the retirement is asked for with.",
        ["Engine.Nannies.Nanny.Engine.Nannies.Machine.INannySink.RetireWorker(restart)"] = "Carries that out.",
        ["Engine.Nannies.Nanny.RetireAsync(restart)"] = "Carries that out.",
        ["Engine.RestartReport.AllRestarted"] = "Says what became of a restart.",
    };

    [Fact]
    public void No_switch_says_close_the_worker_and_keep_the_nanny()
    {
        var found = Switches(s_libraries).Where(static name => !s_allowed.ContainsKey(name)).ToList();
        Assert.True(found.Count == 0, $"What becomes of a nanny follows from the CloseReason (CloseTable); give the reason instead:\n{string.Join('\n', found)}");
    }

    [Fact]
    public void Every_exception_is_needed_and_has_a_reason()
    {
        var found = Switches(s_libraries).ToHashSet(StringComparer.Ordinal);
        Assert.All(s_allowed, entry =>
        {
            Assert.Contains(entry.Key, found);
            Assert.NotEmpty(entry.Value);
        });
    }

    [Fact]
    public void The_rule_finds_constructors_methods_properties_fields_and_nullable_switches() => Assert.Equal(
        [
            "Examples..ctor(keepNanny)",
            "Examples.CloseAsync(restart)",
            "Examples.CloseNanny",
            "Examples.Try(nanny)",
            "Examples._respawns",
        ],
        Switches(["Engine.Tests"], static type => type.Name == nameof(Examples)).Select(static name => name.Split($"{nameof(NannyRulesTests)}/")[^1]).Order(StringComparer.Ordinal));

    [Fact]
    public void Only_the_table_maps_a_reason_to_what_the_nanny_does()
    {
        var mapping = s_libraries.SelectMany(Types)
            .SelectMany(static type => type.Methods)
            .Where(static method => Mentions(method.ReturnType, "Engine.Plugins.NannyAction") && !method.IsGetter)
            .Select(static method => $"{method.DeclaringType.Name}.{method.Name}")
            .Order(StringComparer.Ordinal);

        // ActionFor is the nanny's: what the scheduler has told it comes before what the reason says.
        Assert.Equal(["CloseTable.ActionOf", "CloseTable.Row", "NannyStateMachine.ActionFor"], mapping);
    }

    private static IEnumerable<string> Switches(string[] assemblies, Func<TypeDefinition, bool>? filter = null) =>
        from type in assemblies.SelectMany(Types)
        where !type.IsEnum && !IsGenerated(type.Name) && filter?.Invoke(type) != false
        from name in SwitchesOf(type)
        select name;

    private static IEnumerable<string> SwitchesOf(TypeDefinition type)
    {
        foreach (var method in type.Methods.Where(static method => !method.IsSetter && !IsGenerated(method.Name)))
        {
            foreach (var parameter in method.Parameters.Where(static parameter => IsBoolean(parameter.ParameterType) && s_suspicious.IsMatch(parameter.Name)))
            {
                yield return $"{type.FullName}.{method.Name}({parameter.Name})";
            }
        }

        foreach (var property in type.Properties.Where(static property => IsBoolean(property.PropertyType) && s_suspicious.IsMatch(property.Name)))
        {
            yield return $"{type.FullName}.{property.Name}";
        }

        foreach (var field in type.Fields.Where(static field => IsBoolean(field.FieldType) && !IsGenerated(field.Name) && s_suspicious.IsMatch(field.Name)))
        {
            yield return $"{type.FullName}.{field.Name}";
        }
    }

    private static IEnumerable<TypeDefinition> Types(string assembly) =>
        ModuleDefinition.ReadModule(System.Reflection.Assembly.Load(assembly).Location).GetTypes();

    // What the compiler writes (closures, state machines, backing fields) repeats what is checked where it was written.
    private static bool IsGenerated(string name) => name.StartsWith('<');

    private static bool IsBoolean(TypeReference type) => Mentions(type, "System.Boolean");

    private static bool Mentions(TypeReference type, string name) =>
        type.FullName == name
        || (type is GenericInstanceType generic && generic.GenericArguments.Any(argument => Mentions(argument, name)))
        || (type is TypeSpecification { ElementType: var element } && Mentions(element, name));

#pragma warning disable CA1823, CS0414, IDE0044, IDE0051, IDE0052, IDE0060 // Examples for the rule; nobody uses them.
    private sealed class Examples(bool keepNanny)
    {
        private bool _respawns = keepNanny;

        public bool? CloseNanny { get; init; }

        public static void CloseAsync(bool restart)
        {
        }

        public static void Try(in bool nanny)
        {
        }

        public override string ToString() => $"{_respawns}";
    }
#pragma warning restore CA1823, CS0414, IDE0044, IDE0051, IDE0052, IDE0060
}
