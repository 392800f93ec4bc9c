using Engine.Data;
using Engine.Tasks;

namespace Engine.Tests.Simulation.Plans;

/// <summary>What a task of a simulated client does: mixes its inputs; may fail, or ask to be placed anew, some times.</summary>
internal sealed class SimWork(int seed, int size) : TaskWork
{
    private static readonly FunctionInfo[] Functions = [.. Enumerable.Range(0, 4).Select(static i => FunctionInfo.Named($"work{i}"))];
    private int _failuresLeft;
    private int _reschedulesLeft;

    public int Seed => seed;

    /// <summary>How often it throws before it has a value.</summary>
    public int Failures { get; init; }

    public bool AlwaysFails => Failures == int.MaxValue;

    public int Reschedules { get; init; }

    public bool HasContext { get; init; }

    public bool IsScattered { get; init; }

    /// <summary>Works of equal definition are one function with equal literals.</summary>
    public int Definition { get; init; } = -1;

    public override FunctionInfo Function => Functions[seed & 3];

    public override bool NeedsContext => HasContext;

    public override bool IsMap => HasElements;

    public bool HasElements { get; init; }

    public override bool IsData => IsScattered;

    /// <summary>To be called once, when all is set.</summary>
    public SimWork Ready()
    {
        (_failuresLeft, _reschedulesLeft) = (Failures, Reschedules);
        return this;
    }

    public override DataValue Invoke(TaskInputs inputs, int element, TaskContext? context)
    {
        if (_reschedulesLeft > 0)
        {
            _reschedulesLeft--;
            throw new RescheduleException();
        }

        if (_failuresLeft > 0)
        {
            _failuresLeft -= AlwaysFails ? 0 : 1;
            throw new InvalidOperationException("it broke");
        }

        var values = new long[inputs.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = ValueOf(inputs.Raw(i));
        }

        var value = Compute(seed, element, values);
        return size == 0 ? DataValue.From(value) : DataValue.From(Enumerable.Repeat(value, size).ToArray());
    }

    public override bool SameDefinition(TaskWork other) =>
        ReferenceEquals(this, other) || (Definition >= 0 && other is SimWork work && work.Definition == Definition);

    public override string ToString() => $"work {seed}{(AlwaysFails ? " that fails" : string.Empty)}{(IsScattered ? " that is data" : string.Empty)}";

    public static long ValueOf(DataValue value) => value.IsSlot ? value.Get<long>() : value.Get<long[]>()[0];

    public static long Compute(int seed, int element, long[] inputs)
    {
        unchecked
        {
            var value = (seed * 1_000_003L) + element;
            foreach (var input in inputs)
            {
                value = (value * 31) + input;
            }

            return value;
        }
    }
}
