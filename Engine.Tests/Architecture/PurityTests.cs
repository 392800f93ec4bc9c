namespace Engine.Tests.Architecture;

/// <summary>
/// Cores decide and do nothing else: what lives in a namespace that ends in <c>.Machine</c> has no tasks, channels, clocks, timers,
/// locks, threads, files, sockets or logs. Time, seeds and ids come in with events; work goes out as instructions.
/// </summary>
public sealed class PurityTests
{
    /// <summary>Namespaces and types; a name forbids what lies inside it too.</summary>
    private static readonly string[] Forbidden =
    [
        "Microsoft.Extensions.Logging",
        "System.Console",
        "System.Diagnostics.Activity",
        "System.Diagnostics.ActivitySource",
        "System.Diagnostics.Metrics",
        "System.Diagnostics.Process",
        "System.Diagnostics.Stopwatch",
        "System.IO",
        "System.Net",
        "System.Threading.Channels",
        "System.Threading.ITimer",
        "System.Threading.Lock",
        "System.Threading.Monitor",
        "System.Threading.PeriodicTimer",
        "System.Threading.SemaphoreSlim",
        "System.Threading.Tasks",
        "System.Threading.Thread",
        "System.Threading.ThreadPool",
        "System.Threading.Timer",
        "System.TimeProvider",
    ];

    [Fact]
    public void Machines_are_pure()
    {
        var impure = Impure("Engine");
        Assert.True(
            impure.Count == 0,
            $"A machine may not use these; let the shell do it (emit an instruction, take the answer as an event):\n{string.Join('\n', impure)}");
    }

    [Theory]
    [InlineData("SchedulerStateMachine")]
    [InlineData("WorkerStateMachine")]
    [InlineData("ClientStateMachine")]
    [InlineData("NannyStateMachine")]
    [InlineData("SpecClusterStateMachine")]
    [InlineData("AdaptiveStateMachine")]
    public void Each_component_has_its_machine_among_those_examined(string machine) =>
        Assert.Contains(machine, AssemblyTypes.In("Engine", IsMachineNamespace).Select(type => type.Name));

    [Fact]
    public void The_rule_catches_every_way_to_be_impure() => Assert.Equal(
        [
            "AwaitsInALambda uses System.Threading.Tasks.Task",
            "CallsAClock uses System.TimeProvider",
            "HasATaskInAField uses System.Threading.Tasks.Task",
            "Holder uses System.Threading.Timer",
            "Locks uses System.Threading.Monitor",
            "NamesATaskAsATypeArgument uses System.Threading.Tasks.Task",
            "ReadsAFileInAnIterator uses System.IO.File",
            "StartsAThread uses System.Threading.Thread",
            "TakesALock uses System.Threading.Lock",
        ],
        Impure("Engine.Tests").Select(line => line.Split("Machine.")[^1]));

    private static List<string> Impure(string assembly) =>
    [
        .. from type in AssemblyTypes.In(assembly, IsMachineNamespace)
           let used = AssemblyTypes.UsedBy(type).Where(IsForbidden).Order(StringComparer.Ordinal).FirstOrDefault()
           where used is not null
           select $"{type.FullName} uses {used}",
    ];

    private static bool IsMachineNamespace(string name) => name.EndsWith(".Machine", StringComparison.Ordinal);

    private static bool IsForbidden(string type) =>
        Forbidden.Any(name => type.StartsWith(name, StringComparison.Ordinal) && (type.Length == name.Length || type[name.Length] is '.' or '/'));
}
