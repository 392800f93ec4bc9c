using Engine.Tests.TestKit;

namespace Engine.Tests.Clients;

/// <summary>Calls as a program writes them. That they compile is half of each test.</summary>
public sealed class SurfaceTests
{
    private readonly FakeSubmitter _client = new();

    [Fact]
    public async Task A_function_without_inputs()
    {
        var future = _client.Submit(() => 5);

        Assert.Equal(5, await _client.ValueOf(future));
        Assert.Empty(_client.Last.Dependencies);
    }

    [Fact]
    public async Task A_static_lambda_and_a_value()
    {
        var future = _client.Submit(static (int x) => x + 1, 6);

        Assert.Equal(7, await _client.ValueOf(future));
    }

    [Fact]
    public async Task A_lambda_without_types_and_a_value()
    {
        var future = _client.Submit(x => x.Length, "four");

        Assert.Equal(4, await _client.ValueOf(future));
    }

    [Fact]
    public async Task A_capturing_lambda_and_a_future()
    {
        var factor = 3;
        var future = _client.Submit((int x) => x * factor, _client.Given(5));

        Assert.Equal(15, await _client.ValueOf(future));
    }

    [Fact]
    public async Task A_method_group_and_a_future()
    {
        var input = _client.Given(5);
        var future = _client.Submit(Half, input);

        Assert.Equal(2.5, await _client.ValueOf(future));
        Assert.Equal([input], _client.Last.Dependencies);
    }

    [Fact]
    public async Task A_method_group_and_a_value()
    {
        var future = _client.Submit(Half, 5);

        Assert.Equal(2.5, await _client.ValueOf(future));
    }

    [Fact]
    public async Task A_lambda_without_types_takes_the_value_of_a_future_also_where_the_future_itself_would_do()
    {
        var future = _client.Submit(x => x.ToString(), _client.Given(5));

        Assert.Equal("5", await _client.ValueOf(future));
    }

    [Fact]
    public async Task A_lambda_without_types_takes_the_values_of_a_list_also_where_the_list_itself_would_do()
    {
        Future<int>[] lengths = [_client.Given(1), _client.Given(2)];
        var future = _client.Submit(parts => string.Join('+', parts), lengths);

        Assert.Equal("1+2", await _client.ValueOf(future));
    }

    [Fact]
    public async Task An_array_of_futures_is_a_list_of_values()
    {
        Future<int>[] lengths = [_client.Given(1), _client.Given(2), _client.Given(3)];
        var future = _client.Submit(static (IReadOnlyList<int> parts) => parts.Sum(), lengths);

        Assert.Equal(6, await _client.ValueOf(future));
        Assert.Equal(lengths, _client.Last.Dependencies);
    }

    [Fact]
    public async Task No_futures_are_an_empty_list()
    {
        var future = _client.Submit(static (IReadOnlyList<int> parts) => parts.Count, Array.Empty<Future<int>>());

        Assert.Equal(0, await _client.ValueOf(future));
    }

    [Fact]
    public async Task A_list_of_plain_values_is_a_value()
    {
        List<int> values = [1, 2];
        var future = _client.Submit(static (IReadOnlyList<int> parts) => parts.Sum(), values);

        Assert.Equal(3, await _client.ValueOf(future));
        Assert.Empty(_client.Last.Dependencies);
    }

    [Fact]
    public async Task An_async_lambda_with_a_context_and_options()
    {
        var data = _client.Given(new byte[] { 1, 2 });
        var options = new SubmitOptions { Priority = 10 };
        Future<int> future = _client.Submit(
            static async (byte[] b, TaskContext c) =>
            {
                await Task.Yield();
                c.Token.ThrowIfCancellationRequested();
                return b.Length;
            },
            data,
            options);

        Assert.True(_client.Last.Work.IsAsync);
        Assert.True(_client.Last.Work.NeedsContext);
        Assert.Same(options, _client.Last.Options);
        Assert.Equal([data], _client.Last.Dependencies);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task A_context_is_passed_on()
    {
        var future = _client.Submit(static (byte[] b, TaskContext c) => (b.Length, c), new byte[3]);

        Assert.Equal((3, _client.Context), await _client.ValueOf(future));
    }

    [Fact]
    public async Task A_lambda_without_types_may_take_a_context_and_options_may_follow()
    {
        var future = _client.Submit((b, context) => context, _client.Given(1), new SubmitOptions());

        Assert.Same(_client.Context, await _client.ValueOf(future));
        Assert.NotNull(_client.Last.Options);
    }

    [Fact]
    public async Task A_context_alone()
    {
        var future = _client.Submit(static (TaskContext c) => c);

        Assert.Same(_client.Context, await _client.ValueOf(future));
    }

    [Fact]
    public async Task An_async_lambda_gives_its_tasks_value()
    {
        Future<int> future = _client.Submit(
            async (int x) =>
            {
                await Task.Yield();
                return x + 1;
            },
            6);

        Assert.Equal(7, await _client.ValueOf(future));
    }

    [Fact]
    public async Task A_method_group_of_a_ValueTask_gives_its_tasks_value()
    {
        Future<int> future = _client.Submit(LaterAsync, _client.Given(6));

        Assert.Equal(6, await _client.ValueOf(future));
    }

    [Fact]
    public async Task A_null_of_a_reference_type()
    {
        var future = _client.Submit(static (string? s) => s ?? "nothing", (string?)null);

        Assert.Equal("nothing", await _client.ValueOf(future));
    }

    [Fact]
    public async Task A_value_of_an_interface_type()
    {
        IEnumerable<string> words = ["a", "b"];
        var future = _client.Submit(static (IEnumerable<string> each, string separator) => string.Join(separator, each), words, "-");

        Assert.Equal("a-b", await _client.ValueOf(future));
    }

    [Fact]
    public async Task Two_inputs_of_different_kinds()
    {
        Future<int>[] parts = [_client.Given(2), _client.Given(3)];
        var single = _client.Given(10);
        var listFirst = _client.Submit(static (IReadOnlyList<int> each, int factor) => each.Sum() * factor, parts, single);
        var listSecond = _client.Submit(static (int factor, IReadOnlyList<int> each) => factor - each.Sum(), single, parts);
        var twoLists = _client.Submit(static (IReadOnlyList<int> a, IReadOnlyList<int> b) => a[1] + b[0], parts, parts.Append(single));
        var plain = _client.Submit(static (int a, int b) => a - b, 1, single);

        Assert.Equal(50, await _client.ValueOf(listFirst));
        Assert.Equal(5, await _client.ValueOf(listSecond));
        Assert.Equal(5, await _client.ValueOf(twoLists));
        Assert.Equal(-9, await _client.ValueOf(plain));
    }

    [Fact]
    public async Task Three_inputs_convert_by_themselves()
    {
        var future = _client.Submit(static (int a, string b, double c) => $"{a}{b}{c}", 1, _client.Given("x"), _client.Given(2.0));

        Assert.Equal("1x2", await _client.ValueOf(future));
    }

    [Fact]
    public async Task Four_inputs_with_a_list_and_a_context()
    {
        Future<int>[] parts = [_client.Given(2), _client.Given(3)];
        var future = _client.Submit(
            static async (int a, IReadOnlyList<int> b, IEnumerable<int> c, int d, TaskContext context) =>
            {
                await Task.Yield();
                return a + b.Sum() + c.Sum() + d;
            },
            _client.Given(1),
            Input.List(parts),
            Input.Of<IEnumerable<int>>([10, 20]),
            _client.Given(100));

        Assert.Equal(136, await _client.ValueOf(future));
        Assert.Equal(4, _client.Last.Dependencies.Length);
    }

    [Fact]
    public async Task A_method_group_of_three_inputs_takes_inputs_by_name()
    {
        var future = _client.Submit(Add, Input.Of(1), Input.Of(_client.Given(2)), Input.Of(3));

        Assert.Equal(6, await _client.ValueOf(future));
    }

    private static double Half(int value) => value / 2.0;

    private static int Add(int a, int b, int c) => a + b + c;

    private static ValueTask<int> LaterAsync(int value) => new(value);
}
