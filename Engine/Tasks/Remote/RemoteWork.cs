using Engine.Data;

namespace Engine.Tasks.Remote;

/// <summary>A call in the form in which it travels: a reference to its function, and its literal inputs as bytes. It can't be run; it is bound first.</summary>
/// <param name="function">The function.</param>
/// <param name="body">The inputs, without what was attached.</param>
/// <param name="attachments">Inputs of many bytes.</param>
internal sealed class RemoteWork(FunctionReference function, ReadOnlyMemory<byte> body, ReadOnlyMemory<byte>[] attachments) : TaskWork
{
    public FunctionReference Reference => function;

    public ReadOnlyMemory<byte> Body => body;

    public ReadOnlyMemory<byte>[] Attachments => attachments;

    /// <summary>Why it could not be bound here; then running it fails with this.</summary>
    public Exception? BindingError { get; init; }

    public override FunctionInfo Function => function.Info;

    public override bool IsAsync => function.Traits.HasFlag(CallTraits.IsAsync) && BindingError is null;

    public override bool NeedsContext => function.Traits.HasFlag(CallTraits.NeedsContext);

    public override bool IsMap => function.Traits.HasFlag(CallTraits.IsMap);

    public override bool IsShared => function.Traits.HasFlag(CallTraits.IsShared);

    public override DataValue Invoke(TaskInputs inputs, int element, TaskContext? context) =>
        throw BindingError ?? new InvalidOperationException($"{function} was not bound to its method in this process.");

    public override bool SameDefinition(TaskWork other) =>
        other is RemoteWork work && function.Equals(work.Reference) && body.Span.SequenceEqual(work.Body.Span)
        && attachments.Length == work.Attachments.Length
        && attachments.Zip(work.Attachments).All(static pair => pair.First.Span.SequenceEqual(pair.Second.Span));
}
