using System.Diagnostics;
using Engine.Data;

namespace Engine.Tasks;

/// <summary>Base of calls of asynchronous functions.</summary>
internal abstract class AsyncCall : TaskWork
{
    public sealed override bool IsAsync => true;

    public abstract override ValueTask<DataValue> InvokeAsync(TaskInputs inputs, int element, TaskContext? context);

    public sealed override DataValue Invoke(TaskInputs inputs, int element, TaskContext? context) =>
        throw new UnreachableException($"{Function} is asynchronous: it is run with {nameof(InvokeAsync)}.");

    // A task that has ended already costs nothing more.
    protected static ValueTask<DataValue> ResultOf<TResult>(Task<TResult>? task) =>
        task is { IsCompletedSuccessfully: true } ? new(DataValue.From(task.Result)) : AwaitAsync(task);

    protected static ValueTask<DataValue> ResultOf<TResult>(ValueTask<TResult> task) =>
        task.IsCompletedSuccessfully ? new(DataValue.From(task.Result)) : AwaitAsync(task);

    private static async ValueTask<DataValue> AwaitAsync<TResult>(Task<TResult>? task) =>
        DataValue.From(await (task ?? throw new InvalidOperationException("The function returned null instead of a task.")));

    private static async ValueTask<DataValue> AwaitAsync<TResult>(ValueTask<TResult> task) => DataValue.From(await task);
}
