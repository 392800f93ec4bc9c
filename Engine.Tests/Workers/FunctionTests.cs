using System.Runtime.CompilerServices;
using Engine.Clients;
using Engine.Tests.TestKit;

namespace Engine.Tests.Workers;

public class FunctionTests
{
    [Fact]
    public async Task Functions_may_be_synchronous_or_give_a_task_or_a_value_task()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var client = cluster.Client;

        Assert.Equal(1, await client.Submit(static () => 1).AsTask().Within("synchronous"));
        Assert.Equal(2, await client.Submit(static () => Task.FromResult(2)).AsTask().Within("an ended task"));
        Assert.Equal(3, await client.Submit(YieldingAsync, 3).AsTask().Within("a task"));
        Assert.Equal(4, await client.Submit(static () => new ValueTask<int>(4)).AsTask().Within("an ended value task"));
        Assert.Equal(5, await client.Submit(static (int x) => new ValueTask<int>(YieldingAsync(x)), 5).AsTask().Within("a value task"));
    }

    [Fact]
    public async Task A_failure_has_the_original_exception_with_the_stack_of_the_function()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        foreach (var future in new[] { cluster.Client.Submit(Throwing), cluster.Client.Submit(ThrowingAsync), cluster.Client.Submit(ThrowingValueTaskAsync) })
        {
            var error = await Assert.ThrowsAsync<TaskFailedException>(() => future.AsTask().Within("the failure"));

            var original = ClusterKind.AssertIs<TimeZoneNotFoundException>(error.InnerException);
            Assert.Contains(nameof(Throw), (original as RemoteException)?.RemoteStackTrace ?? original.StackTrace, StringComparison.Ordinal);
            Assert.Equal(future.Key, error.Key);
            Assert.Contains(nameof(FunctionTests), error.Message, StringComparison.Ordinal);
            Assert.Contains("no such zone", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Every_reader_of_a_failure_gets_an_exception_of_its_own_with_one_original()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var future = cluster.Client.Submit(Throwing);

        var first = await Assert.ThrowsAsync<TaskFailedException>(() => future.AsTask().Within("the failure"));
        var second = await Assert.ThrowsAsync<TaskFailedException>(() => future.AsTask().Within("the failure"));
        var third = await future.GetExceptionAsync().Within("the exception");

        Assert.NotSame(first, second);
        Assert.Same(first.InnerException, second.InnerException);
        Assert.Same(first.InnerException, third?.InnerException);
    }

    [Fact]
    public async Task A_function_whose_object_throws_when_it_is_made_fails_with_that()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var future = cluster.Client.Submit(static () => new ThrowsWhenMade().ToString());

        var error = await Assert.ThrowsAsync<TaskFailedException>(() => future.AsTask().Within("the failure"));

        Assert.Contains(nameof(ThrowsWhenMade), Assert.IsType<InvalidOperationException>(error.InnerException).StackTrace, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_function_whose_type_cannot_be_initialized_fails_with_that_every_time()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        for (var i = 0; i < 2; i++)
        {
            var future = cluster.Client.Submit(static () => ThrowsWhenFirstUsed.Value);

            var error = await Assert.ThrowsAsync<TaskFailedException>(() => future.AsTask().Within("the failure"));

            Assert.IsType<InvalidOperationException>(ClusterKind.AssertIs<TypeInitializationException>(error.InnerException).InnerException);
        }
    }

    [Fact]
    public async Task A_function_may_give_null()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var none = cluster.Client.Submit(static () => (string?)null);

        Assert.Null(await none.AsTask().Within("a null"));
        Assert.True(await cluster.Client.Submit(static (string? text) => text is null, none).AsTask().Within("a null as input"));
        Assert.Null(await cluster.Client.Submit(static () => (int?)null).AsTask().Within("a null number"));
    }

    [Fact]
    public async Task A_function_that_gives_null_instead_of_a_task_fails_and_says_so()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var future = cluster.Client.Submit(static () => (Task<int>)null!);

        var error = await Assert.ThrowsAsync<TaskFailedException>(() => future.AsTask().Within("the failure"));

        Assert.Contains("null instead of a task", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_function_that_gives_a_cancelled_task_fails_with_that()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var future = cluster.Client.Submit(static () => Task.FromCanceled<int>(new CancellationToken(canceled: true)));

        var error = await Assert.ThrowsAsync<TaskFailedException>(() => future.AsTask().Within("the failure"));

        Assert.IsAssignableFrom<OperationCanceledException>(error.InnerException);
    }

    [Fact]
    public async Task A_value_that_is_read_as_another_type_is_refused_with_both_types()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var number = cluster.Client.Submit(static () => 7);
        var large = cluster.Client.Submit(static () => new byte[100_000]);
        await Task.WhenAll(number.AsTask(), large.AsTask()).Within("the values");

        var error = await Assert.ThrowsAsync<ResultTypeException>(() => As<string>(number).AsTask().Within("the refusal"));
        await Assert.ThrowsAsync<ResultTypeException>(() => As<string>(large).AsTask().Within("the refusal of a fetched value"));
        await Assert.ThrowsAsync<ResultTypeException>(() => cluster.Client.GatherAsync([As<string>(number)]).Within("the refusal of a gather"));

        Assert.Contains("System.Int32", error.Message, StringComparison.Ordinal);
        Assert.Contains("System.String", error.Message, StringComparison.Ordinal);
        Assert.Equal(7, await As<object>(number).AsTask().Within("a base type fits"));
    }

    [Fact]
    public async Task Large_values_are_fetched_from_their_workers()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2);
        var left = cluster.Client.Submit(static () => MakeBytes(50_000, 1), new SubmitOptions { Workers = ["0"] });
        var right = cluster.Client.Submit(static () => MakeBytes(70_000, 2), new SubmitOptions { Workers = ["1"] });
        var small = cluster.Client.Submit(static () => MakeBytes(10, 3));

        var values = await cluster.Client.GatherAsync([left, small, right, left]).Within("the values");

        Assert.Equal([50_000, 10, 70_000, 50_000], values.Select(static value => value.Length));
        Assert.Equal([1, 3, 2, 1], values.Select(static value => value[^1]));
        ClusterKind.AssertSame(values[0], await left.AsTask().Within("one value"));
    }

    [Fact]
    public async Task Large_values_of_a_map_are_fetched_in_order()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 3);
        var map = cluster.Client.Map(static (int x) => MakeBytes(2000 + x, (byte)x), Enumerable.Range(0, 200));

        var values = await cluster.Client.GatherAsync(map).Within("the values");

        Assert.Equal(Enumerable.Range(2000, 200), values.Select(static value => value.Length));
    }

    [Fact]
    public async Task A_value_moves_between_workers_as_an_input()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 2);
        foreach (var length in new[] { 10, 5000, 200_000 })
        {
            var made = cluster.Client.Submit(MakeBytes, length, (byte)9, new SubmitOptions { Workers = ["0"] });
            var there = cluster.Client.Submit(
                static (byte[] bytes, TaskContext context) => (bytes.Length, context.WorkerName), made, new SubmitOptions { Workers = ["1"] });
            var back = cluster.Client.Submit(
                static ((int Length, string Name) x, TaskContext context) => $"{x.Length} {x.Name} {context.WorkerName}", there, new SubmitOptions { Workers = ["0"] });

            Assert.Equal($"{length} 1 0", await back.AsTask().Within($"a value of {length} bytes there and back"));
        }
    }

    [Fact]
    public async Task Many_values_move_to_one_task_from_all_workers()
    {
        await using var cluster = await ClusterFixture.StartAsync(workers: 4);
        var parts = Enumerable.Range(0, 200).Select(i => cluster.Client.Submit(
            static (int x) => MakeBytes(3000, (byte)x), i, new SubmitOptions { Workers = [$"{i % 4}"] })).ToList();

        var sum = cluster.Client.Submit(static (IReadOnlyList<byte[]> all) => all.Sum(static bytes => bytes[0]), parts);

        Assert.Equal(Enumerable.Range(0, 200).Sum(), await sum.AsTask().Within("the sum"));
    }

    private static Future<T> As<T>(Future future) => new(new FutureLease(future.Client, future.Key, 0), future.Key);

    private static async Task<int> YieldingAsync(int x)
    {
        await Task.Yield();
        return x;
    }

    private static byte[] MakeBytes(int length, byte value)
    {
        var bytes = new byte[length];
        Array.Fill(bytes, value);
        return bytes;
    }

    private static int Throwing() => Throw();

    private static async Task<int> ThrowingAsync()
    {
        await Task.Yield();
        return Throw();
    }

    private static async ValueTask<int> ThrowingValueTaskAsync()
    {
        await Task.Yield();
        return Throw();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Throw() => throw new TimeZoneNotFoundException("no such zone");

    private sealed class ThrowsWhenMade
    {
        public ThrowsWhenMade() => throw new InvalidOperationException("not made");
    }

    private static class ThrowsWhenFirstUsed
    {
        public static readonly int Value = Throw();

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static int Throw() => throw new InvalidOperationException("not initialized");
    }
}
