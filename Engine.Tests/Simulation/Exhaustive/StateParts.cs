using System.Reflection;
using Engine.Scheduling.Machine;
using Engine.Tasks;
using Engine.Tests.Simulation.Chance;
using Engine.Tests.Simulation.Components;
using Engine.Tests.Simulation.Network;
using Engine.Tests.Simulation.Plans;

namespace Engine.Tests.Simulation.Exhaustive;

/// <summary>What of a world is no part of its state, because nothing that happens later depends on it.</summary>
internal static class StateParts
{
    /// <summary>Types that are never looked into: constants, and what is written for people.</summary>
    private static readonly HashSet<Type> s_types =
    [
        typeof(Tracer), typeof(Coverage), typeof(SimPlan), typeof(SimSettings), typeof(PlainChooser), typeof(EveryOrder), typeof(SmallPlan),
        typeof(StoryLog), typeof(EventTopics), typeof(FunctionInfo),
    ];

    /// <summary>Fields that decide nothing, by their type and name.</summary>
    private static readonly HashSet<string> s_fields =
    [
        "World._StepCount", "Agenda._number", "Agenda._queue", "Agenda._tied", "Agenda._tiedNumbers",
        "KeyTable`1._cache", "KeyTable`1._spareRows",
        "SchedulerStateMachine._step", "SchedulerStateMachine._now", "DeadlineQueue._order",
    ];

    public static bool IsLeftOut(Type type) =>
        s_types.Contains(type) || typeof(Dice).IsAssignableFrom(type) || typeof(Type).IsAssignableFrom(type) || type.Namespace == "System.Threading";

    public static bool IsLeftOut(FieldInfo field) =>
        IsLeftOut(field.FieldType) || field.FieldType.IsPointer || s_fields.Contains($"{field.DeclaringType!.Name}.{NameOf(field)}");

    /// <summary>What is told to people: whether there is a text may decide something, and what it says doesn't.</summary>
    public static bool IsText(FieldInfo field) => field.FieldType == typeof(string) && NameOf(field) is ("_Detail" or "_detail" or "Cut");

    /// <summary>Within a world: who has ended does nothing any more, and only this is asked about it.</summary>
    public static ulong? LeafOfWorld(object item) => item switch
    {
        SimWorker { IsAlive: false, WasMissing: true } missing => missing.Place + 1,
        SimComponent { IsAlive: false } ended => ended.Place,
        LinkEnd { End: not null } ended => ended.Place,
        _ => null,
    };

    /// <summary>Within a happening: components and what belongs to them are told by their numbers.</summary>
    public static ulong? Leaf(object item) => item switch
    {
        SimComponent component => component.Place,
        SimLane lane => lane.Place,
        LinkEnd end => end.Place,
        SimHost host => host.Place,
        SimProcess process => process.Group + (ulong)process.Number,
        World => 1,
        SmallWorld => 2,
        _ => null,
    };

    /// <summary>A property's field has the name of the property.</summary>
    private static string NameOf(FieldInfo field) => field.Name.StartsWith('<') ? $"_{field.Name[1..field.Name.IndexOf('>')]}" : field.Name;
}
