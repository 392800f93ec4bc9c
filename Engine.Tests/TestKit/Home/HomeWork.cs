using Engine.Data;
using Engine.Tasks;

namespace Engine.Tests.TestKit.Home;

/// <summary>In a worker process: a function that can't leave the test's process, and is run there.</summary>
internal sealed class HomeWork(FunctionInfo function, bool isAsync, bool needsContext, bool isMap) : TaskWork
{
    /// <summary>Its number.</summary>
    public long Handle { get; set; }

    public override FunctionInfo Function => function;

    public override bool IsAsync => isAsync;

    public override bool NeedsContext => needsContext;

    public override bool IsMap => isMap;

    /// <remarks>The thread waits, as it would in the function.</remarks>
    public override DataValue Invoke(TaskInputs inputs, int element, TaskContext? context) =>
#pragma warning disable VSTHRD002 // See above.
        HomeClient.Instance.RunAsync(this, inputs, element, context ?? TaskContext.Current).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002

    public override ValueTask<DataValue> InvokeAsync(TaskInputs inputs, int element, TaskContext? context) =>
        new(HomeClient.Instance.RunAsync(this, inputs, element, context ?? TaskContext.Current));

    public override bool SameDefinition(TaskWork other) => ReferenceEquals(this, other);
}
