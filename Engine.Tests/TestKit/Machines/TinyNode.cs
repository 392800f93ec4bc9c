using Engine.Data;
using Engine.Protocol;
using Engine.Tasks;

namespace Engine.Tests.TestKit.Machines;

/// <summary>What a test of a tiny cluster knows of a task by itself: how it should end.</summary>
internal sealed class TinyNode(TaskKey key, TinyWork work, int element, TinyNode[] inputs, TaskOptions? options)
{
    private long? _value;

    public TaskKey Key => key;

    public TinyWork Work => work;

    public TinyNode[] Inputs => inputs;

    public TaskOptions? Options => options;

    /// <summary>A client has cancelled it.</summary>
    public bool WasCancelled { get; set; }

    /// <summary>It was submitted with an input that its client didn't hold.</summary>
    public bool HasForeignInput { get; init; }

    /// <summary>The value that it has if it ends well, computed by the test.</summary>
    public long Value => _value ??= TinyWork.Compute(work.Seed, element, [.. inputs.Select(static input => input.Value)]);

    public bool AnyLine(Func<TinyNode, bool> predicate) => predicate(this) || inputs.Any(input => input.AnyLine(predicate));

    public override string ToString() => $"{key} = {work}({string.Join(", ", inputs.Select(static input => input.Key))})";
}

/// <summary>Work of a tiny cluster: mixes its inputs; may fail, or ask to be placed anew, some times.</summary>
internal sealed class TinyWork(int seed, int size) : TaskWork
{
    private static readonly FunctionInfo[] Functions = [.. Enumerable.Range(0, 4).Select(static i => FunctionInfo.Named($"tiny{i}"))];
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
    public TinyWork Ready()
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
        ReferenceEquals(this, other) || (Definition >= 0 && other is TinyWork work && work.Definition == Definition);

    public override string ToString() => $"tiny {seed}{(AlwaysFails ? " that fails" : string.Empty)}{(IsScattered ? " that is data" : string.Empty)}";

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
