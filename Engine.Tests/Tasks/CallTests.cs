using System.Diagnostics;
using Engine.Data;
using Engine.Tasks;
using Engine.Tests.TestKit;

namespace Engine.Tests.Tasks;

public sealed class CallTests
{
    private static readonly Func<int, int> Increment = static x => x + 1;

    private readonly FakeSubmitter _client = new();

    [Fact]
    public void A_call_of_one_small_value_is_one_small_object()
    {
        _ = Literal(1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var call = Literal(1);
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.NotNull(call);
        Assert.True(bytes <= 32, $"{bytes} bytes"); // Header 16, function 8, value and place 4 each.
    }

    [Fact]
    public void A_call_names_its_function()
    {
        _client.Submit(Double, 1);

        Assert.Equal("CallTests.Double", _client.Last.Work.Function.Name);
    }

    [Fact]
    public void The_same_function_with_equal_values_is_the_same_definition() =>
        Assert.True(Literal(1).SameDefinition(Literal(1)));

    [Fact]
    public void Another_value_function_or_kind_of_input_is_another_definition()
    {
        Func<int, int> other = static x => x + 1;
        Assert.False(Literal(1).SameDefinition(Literal(2)));
        Assert.False(Literal(1).SameDefinition(new Call<int, Argument<int>, int>(other, Argument<int>.Literal(1))));
        Assert.False(Literal(1).SameDefinition(new Call<int, Argument<int>, int>(Increment, Argument<int>.Dependency(0))));
        Assert.False(Literal(1).SameDefinition(AliasWork.Instance));
    }

    [Fact]
    public void Lists_are_the_same_definition_if_they_read_the_same_dependencies()
    {
        Func<int, IReadOnlyList<int>, int, int> function = static (a, b, c) => a;
        Future<int>[] two = [_client.Given(1), _client.Given(2)];
        _client.Submit(function, 1, Input.List(two), 3);
        _client.Submit(function, 1, Input.List(two), 3);
        _client.Submit(function, 1, Input.List(two[..1]), 3);

        Assert.True(_client.Submissions[0].Work.SameDefinition(_client.Submissions[1].Work));
        Assert.False(_client.Submissions[0].Work.SameDefinition(_client.Submissions[2].Work));
    }

    [Fact]
    public async Task Calls_of_one_function_with_small_literals_share_an_object_and_keep_their_values()
    {
        Func<int, short, int> add = static (a, b) => a + b;
        var first = _client.Submit(Increment, 1);
        var second = _client.Submit(Increment, -2);
        var third = _client.Submit(add, _client.Given(10), (short)-3);
        var fourth = _client.Submit(add, 1_000_000, (short)7);

        Assert.Same(_client.Submissions[0].Work, _client.Submissions[1].Work);
        Assert.Equal(2, await _client.ValueOf(first));
        Assert.Equal(-1, await _client.ValueOf(second));
        Assert.Equal(7, await _client.ValueOf(third));
        Assert.Equal(1_000_007, await _client.ValueOf(fourth));
    }

    [Fact]
    public void Calls_that_only_read_futures_share_an_object_if_they_read_the_same_places()
    {
        Func<int, int, int> add = static (a, b) => a + b;
        var (a, b) = (_client.Given(1), _client.Given(2));
        _client.Submit(add, a, b);
        _client.Submit(add, b, a);
        _client.Submit(add, a, 5);

        Assert.Same(_client.Submissions[0].Work, _client.Submissions[1].Work);
        Assert.NotSame(_client.Submissions[1].Work, _client.Last.Work);
    }

    [Fact]
    public void What_a_function_captures_or_a_large_literal_is_shared_with_no_other_task()
    {
        var captured = new object();
        Func<int, int> capturing = x => x + captured.GetHashCode();
        Func<long, long> wide = static x => x;
        _client.Submit(capturing, 1);
        _client.Submit(capturing, 1);
        _client.Submit(wide, 1L);
        _client.Submit(wide, 2L);

        Assert.NotSame(_client.Submissions[0].Work, _client.Submissions[1].Work);
        Assert.NotSame(_client.Submissions[2].Work, _client.Submissions[3].Work);
    }

    [Fact]
    public void Maps_over_equal_values_are_the_same_definition()
    {
        _client.Map(Increment, [1, 2]);
        _client.Map(Increment, [1, 2]);
        _client.Map(Increment, [1, 3]);

        Assert.True(_client.Submissions[0].Work.SameDefinition(_client.Submissions[1].Work));
        Assert.False(_client.Submissions[0].Work.SameDefinition(_client.Submissions[2].Work));
    }

    [Fact]
    public void An_async_call_that_has_ended_allocates_nothing_more()
    {
        var ended = Task.FromResult(5);
        var call = new TaskCall<int>(() => ended);
        Assert.True(HasEnded(call.InvokeAsync(default, 0, null)));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var hasEnded = HasEnded(call.InvokeAsync(default, 0, null));

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(hasEnded);
    }

    [Fact]
    public void An_async_call_is_not_run_as_a_synchronous_one() =>
        Assert.Throws<UnreachableException>(() => new TaskCall<int>(() => Task.FromResult(5)).Invoke(default, 0, null));

    [Fact]
    public void An_async_functions_exception_is_in_what_it_gives()
    {
        var call = new TaskCall<int>(() => Task.FromException<int>(new FormatException()));

        Assert.True(call.InvokeAsync(default, 0, null).AsTask().IsFaulted);
    }

    [Fact]
    public async Task A_function_that_returns_no_task_fails()
    {
        var call = new TaskCall<int>(() => null!);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => call.InvokeAsync(default, 0, null).AsTask());

        Assert.Contains("null instead of a task", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_constant_gives_its_value_and_has_no_recipe()
    {
        var constant = new ConstantWork(DataValue.From("x"));

        Assert.True(constant.IsData);
        Assert.Equal("x", constant.Invoke(default, 0, null).Get<string>());
        Assert.True(constant.SameDefinition(new ConstantWork(DataValue.From("x"))));
        Assert.False(constant.SameDefinition(new ConstantWork(DataValue.From("y"))));
    }

    [Fact]
    public void An_alias_passes_a_value_on_as_it_is()
    {
        var value = new object();

        Assert.Same(value, AliasWork.Instance.Invoke(new TaskInputs([DataValue.From(value)]), 0, null).Boxed);
        Assert.False(AliasWork.Instance.IsData);
    }

    private static bool HasEnded(ValueTask<DataValue> task) => task.IsCompletedSuccessfully;

    private static int Double(int value) => 2 * value;

    private static Call<int, Argument<int>, int> Literal(int value) => new(Increment, Argument<int>.Literal(value));
}
