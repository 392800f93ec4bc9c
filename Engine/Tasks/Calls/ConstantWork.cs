using Engine.Data;

namespace Engine.Tasks;

/// <summary>A value that is there already: scattered data.</summary>
/// <remarks>dask: what <c>Client.scatter</c> sends.</remarks>
internal sealed class ConstantWork(DataValue value) : TaskWork
{
    private static readonly FunctionInfo s_function = FunctionInfo.Named("data");
    private readonly DataValue _value = value;

    public DataValue Value => _value;

    public override FunctionInfo Function => s_function;

    public override bool IsData => true;

    public override DataValue Invoke(TaskInputs inputs, int element, TaskContext? context) => _value;

    public override bool SameDefinition(TaskWork other) =>
        other is ConstantWork constant && Equals(_value.Boxed, constant._value.Boxed);
}
