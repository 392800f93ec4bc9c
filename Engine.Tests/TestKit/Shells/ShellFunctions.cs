namespace Engine.Tests.TestKit.Shells;

/// <summary>Functions of a schedule's tasks: each gives its input and one, each in its own way.</summary>
/// <param name="clock">The clock of those that take time.</param>
/// <param name="clientOf">The client for work that tasks of a worker submit, if it is connected: waiting for it would block the one thread.</param>
internal sealed class ShellFunctions(VirtualClock clock, Func<TaskContext, Client?> clientOf)
{
    public const string Failure = "the function fails, as it is to";

    /// <summary>So long that a value doesn't travel with the news of it.</summary>
    public const int LargeLength = 5000;

    public static byte[] Enlarge(int x) => new byte[LargeLength];

    public static int LengthOf(byte[] large) => large.Length;

    public static int AtOnce(int x) => x + 1;

    public static int Fail(int x) => throw new InvalidOperationException($"{Failure} ({x})");

    public static async Task<int> YieldAsync(int x)
    {
        await Task.Yield();
        return x + 1;
    }

    public async Task<int> TakeTimeAsync(int x, TaskContext context)
    {
        await clock.PassAsync(TimeSpan.FromMilliseconds(50), context.Token);
        return x + 1;
    }

    /// <summary>Ignores its token.</summary>
    public async Task<int> InsistAsync(int x, TaskContext context)
    {
        await clock.PassAsync(TimeSpan.FromSeconds(3));
        return x + 1;
    }

    public async Task<int> SecedeAsync(int x, TaskContext context)
    {
        context.Secede();
        await clock.PassAsync(TimeSpan.FromMilliseconds(200), context.Token);
        return x + 1;
    }

    public async Task<int> NestAsync(int x, TaskContext context)
    {
        if (clientOf(context) is not { } client)
        {
            return x + 1;
        }

        using var inner = client.Submit(AtOnce, x);
        return await inner;
    }
}
