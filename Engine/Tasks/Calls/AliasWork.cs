using Engine.Data;

namespace Engine.Tasks;

/// <summary>Gives its single dependency's value as it is.</summary>
/// <remarks>dask: <c>Alias</c>.</remarks>
internal sealed class AliasWork : TaskWork
{
    public static readonly AliasWork Instance = new();
    private static readonly FunctionInfo s_function = FunctionInfo.Named("alias");

    private AliasWork()
    {
    }

    public override FunctionInfo Function => s_function;

    public override DataValue Invoke(TaskInputs inputs, int element, TaskContext? context) => inputs.Raw(0);

    public override bool SameDefinition(TaskWork other) => other is AliasWork;
}
