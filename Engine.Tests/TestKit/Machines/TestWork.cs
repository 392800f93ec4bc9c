using Engine.Data;
using Engine.Tasks;

namespace Engine.Tests.TestKit.Machines;

/// <summary>What a task of a machine's test does.</summary>
internal delegate DataValue TestBody(TaskInputs inputs, int element);

/// <summary>Work whose every property is the test's to choose. Each is a function of its own, unless it is given one.</summary>
internal sealed class TestWork(string name = "work", TestBody? body = null, FunctionInfo? function = null) : TaskWork
{
    private bool _isAsync;
    private bool _needsContext;
    private bool _isData;

    public override FunctionInfo Function { get; } = function ?? FunctionInfo.Named(name);

    public override bool IsAsync => _isAsync;

    public override bool NeedsContext => _needsContext;

    public override bool IsData => _isData;

    public override bool IsMap => HasElements;

    public bool HasElements { get; init; }

    /// <summary>Two works with equal definitions are the same; null is like nothing but itself.</summary>
    public object? Definition { get; init; }

    public static TestWork Data(object? value = null) => new("data", (_, _) => DataValue.From(value)) { _isData = true };

    public static TestWork WithContext(string name = "context", TestBody? body = null) => new(name, body) { _needsContext = true };

    public static TestWork Async(string name = "async") => new(name) { _isAsync = true };

    public override DataValue Invoke(TaskInputs inputs, int element, TaskContext? context) =>
        body is null ? DataValue.From(element) : body(inputs, element);

    public override bool SameDefinition(TaskWork other) =>
        ReferenceEquals(this, other) || (Definition is not null && other is TestWork work && Definition.Equals(work.Definition));
}
