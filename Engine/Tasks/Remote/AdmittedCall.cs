using Engine.Data;
using Engine.Data.Serialization;
using Engine.Protocol.Wire;

namespace Engine.Tasks.Remote;

/// <summary>A call whose result has to be able to leave the process: if it can't, the task fails, and not whoever asks for the result later.</summary>
internal sealed class AdmittedCall(TaskWork call, ValueSerializers serializers) : TaskWork
{
    public override FunctionInfo Function => call.Function;

    public override bool IsAsync => call.IsAsync;

    public override bool NeedsContext => call.NeedsContext;

    public override bool IsMap => call.IsMap;

    public override bool IsShared => call.IsShared;

    public override Delegate? UserFunction => call.UserFunction;

    public override DataValue Invoke(TaskInputs inputs, int element, TaskContext? context)
    {
        var result = call.Invoke(inputs, element, context);
        return result.IsPlain ? result : call.Admit(result, serializers);
    }

    public override ValueTask<DataValue> InvokeAsync(TaskInputs inputs, int element, TaskContext? context)
    {
        var pending = call.InvokeAsync(inputs, element, context);
        return pending.IsCompletedSuccessfully ? new(call.Admit(pending.Result, serializers)) : AwaitAsync(pending);
    }

    public override bool SameDefinition(TaskWork other) => other is AdmittedCall admitted && call.SameDefinition(admitted.Inner);

    public override void WriteArguments(ref WireWriter writer, ValueSerializers values) => call.WriteArguments(ref writer, values);

    private TaskWork Inner => call;

    private async ValueTask<DataValue> AwaitAsync(ValueTask<DataValue> pending) => call.Admit(await pending, serializers);
}
