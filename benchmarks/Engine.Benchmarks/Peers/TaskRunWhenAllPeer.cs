namespace Engine.Benchmarks.Peers;

/// <summary>
/// <c>Task.Run</c> of a shared delegate and <c>WhenAll</c>: the least that .NET does for a task. It
/// has neither inputs nor results, so only the number of calls can be checked.
/// </summary>
internal sealed class TaskRunWhenAllPeer() : Contender("Task.Run + WhenAll")
{
    public override bool Supports(Scenario scenario) => scenario.Shape == Shape.Submit;

    public override Func<Task<object>> Prepare(Shape shape, int size)
    {
        var tasks = new Task[size];
        return () => SubmitAsync(tasks);
    }

    private async Task<object> SubmitAsync(Task[] tasks)
    {
        Action noop = static () => { };
        for (var i = 0; i < tasks.Length; i++)
        {
            tasks[i] = Task.Run(noop);
        }

        await Task.WhenAll(tasks);
        Check.Equal(tasks.Length, tasks.Count(static task => task.IsCompletedSuccessfully), Name);
        return tasks;
    }
}
