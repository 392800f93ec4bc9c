namespace Engine.Tests.TestKit;

/// <summary>Waits of tests for what is to happen by itself: a test that hangs says in which phase.</summary>
internal static class TimeLimit
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    public static async Task Within(this Task task, string phase)
    {
        try
        {
            await task.WaitAsync(s_limit);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw new TimeoutException($"It did not happen within {s_limit.TotalSeconds} s: {phase}.");
        }
    }

    public static async Task<T> Within<T>(this Task<T> task, string phase)
    {
        await ((Task)task).Within(phase);
        return await task;
    }
}
