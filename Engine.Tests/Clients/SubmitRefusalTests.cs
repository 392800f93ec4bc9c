using Engine.Tests.TestKit;

namespace Engine.Tests.Clients;

public sealed class SubmitRefusalTests
{
    private readonly FakeSubmitter _client = new();

    [Fact]
    public void A_function_that_gives_a_task_without_a_value_is_refused()
    {
        var forTask = Assert.Throws<ArgumentException>(() => _client.Submit(static async (int x) => await Task.Yield(), 1));
        Assert.Throws<ArgumentException>(() => _client.Submit(static (int x) => default(ValueTask), 1));

        Assert.Contains("Return a value", forTask.Message, StringComparison.Ordinal);
        Assert.Empty(_client.Submissions);
    }

    [Fact]
    public void A_function_that_gives_a_task_of_a_task_is_refused()
    {
        Assert.Throws<ArgumentException>(() => _client.Submit(static (int x) => Task.FromResult(Task.FromResult(x)), 1));
        Assert.Throws<ArgumentException>(() => _client.Submit(static (int x) => Task.FromResult(new ValueTask<int>(x)), 1));
        Assert.Throws<ArgumentException>(() => _client.Map(static (int x) => Task.FromResult(Task.CompletedTask), [1]));
    }

    [Fact]
    public void A_null_function_is_refused()
    {
        Assert.Throws<ArgumentNullException>("function", () => _client.Submit((Func<int>)null!));
        Assert.Throws<ArgumentNullException>("function", () => _client.Map((Func<int, int>)null!, [1]));
    }

    [Fact]
    public void A_null_future_is_refused_with_a_way_out()
    {
        var error = Assert.Throws<ArgumentNullException>("input", () => _client.Submit(static (string? s) => s, (Future<string?>)null!));
        Assert.Throws<ArgumentNullException>("input2", () => _client.Submit(static (int a, int b) => a, 1, (Future<int>)null!));
        Assert.Throws<ArgumentNullException>(() => _client.Submit(static (int a, int b, int c) => a, 1, (Future<int>)null!, 2));

        Assert.Contains("(string?)null", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_null_list_is_refused()
    {
        Assert.Throws<ArgumentNullException>("input", () => _client.Submit(static (IReadOnlyList<int> x) => 1, (Future<int>[])null!));
        Assert.Throws<ArgumentNullException>("futures", () => Input.List((Future<int>[])null!));
        Assert.Throws<ArgumentNullException>("values", () => _client.Map(static (int x) => x, (int[])null!));
        Assert.Throws<ArgumentNullException>("values", () => _client.Map(static (int x) => x, (Future<int>[])null!));
    }

    [Fact]
    public void A_null_in_a_list_is_refused_by_its_index()
    {
        Future<int>[] futures = [_client.Given(1), null!];
        var list = Assert.Throws<ArgumentException>("input2", () => _client.Submit(static (int a, IReadOnlyList<int> b) => a, 1, futures));
        var map = Assert.Throws<ArgumentException>("values", () => _client.Map(static (int x) => x, futures));

        Assert.Contains("Element 1", list.Message, StringComparison.Ordinal);
        Assert.Contains("Element 1", map.Message, StringComparison.Ordinal);
        Assert.Empty(_client.Submissions);
    }

    [Fact]
    public void A_future_is_not_taken_as_a_plain_value()
    {
        var future = _client.Given("x");
        var error = Assert.Throws<ArgumentException>("input", () => _client.Submit(static (object o) => o, future));
        Assert.Throws<ArgumentException>(() => _client.Submit(static (Future<string> f) => f.Key, future));
        Assert.Throws<ArgumentException>(() => _client.Submit(static (IReadOnlyList<object> o) => o.Count, new[] { future }));
        Assert.Throws<ArgumentException>(() => _client.Map(static (object o) => o, new object[] { 1, future }));

        Assert.Contains("declare its parameter with the value's type", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plain_object_is_taken()
    {
        var future = _client.Submit(static (object o) => o.ToString(), (object)5);

        Assert.Equal("5", await _client.ValueOf(future));
    }
}
