using Engine.Tests.TestKit;

namespace Engine.Tests.Graph;

public sealed class TaskGraphTests
{
    private readonly FakeSubmitter _client = new();
    private readonly TaskGraph _graph = new();

    [Fact]
    public async Task A_graph_gives_the_values_of_its_outputs()
    {
        var one = _graph.Add("one", static () => 1);
        var two = _graph.Add("two", static (int x) => x + 1, one);
        var text = _graph.Add("text", static (int a, string b) => b + a, two, "n");
        var sum = _graph.Add("sum", static (IReadOnlyList<int> parts) => parts.Sum(), [one, two]);

        var futures = _client.Submit(_graph, text, sum);

        Assert.Equal("n2", await _client.ValueOf(futures.Get(text)));
        Assert.Equal(3, await _client.ValueOf(futures.Get<int>("sum")));
        Assert.Equal(2, futures.Count);
    }

    [Fact]
    public async Task Inputs_of_every_kind_can_be_mixed()
    {
        var running = _client.Given(1);
        var ten = _graph.Add("ten", static () => new ValueTask<int>(10));
        var late = _graph.Reference<int>("late");
        var sum = _graph.Add(
            "sum",
            static async (int a, IReadOnlyList<int> b, int c, int d, TaskContext context) =>
            {
                await Task.Yield();
                return a + b.Sum() + c + d;
            },
            running,
            GraphInput.List([ten, late]),
            ten,
            1000);
        _graph.Add("late", static (int x) => x * 10, running);

        var futures = _client.Submit(_graph, sum);

        Assert.Equal(1 + 20 + 1000 + 10, await _client.ValueOf(futures.Get(sum)));
    }

    [Fact]
    public async Task A_method_group_takes_nodes()
    {
        var words = _graph.Add("words", Split, "a b c");
        var count = _graph.Add("count", Count, words);

        var futures = _client.Submit(_graph, count);

        Assert.Equal(3, await _client.ValueOf(futures.Get(count)));
    }

    [Fact]
    public void What_no_output_needs_is_left_out()
    {
        var one = _graph.Add("one", static () => 1);
        _graph.Add("unused", static (int x) => x, one);
        var two = _graph.Add("two", static (int x) => x, one);

        _client.Submit(_graph, two);

        Assert.Equal(2, _client.Submissions.Count);
    }

    [Fact]
    public void Only_the_futures_of_outputs_are_kept()
    {
        var one = _graph.Add("one", static () => 1);
        var two = _graph.Add("two", static (int x) => x, one);
        var three = _graph.Add("three", static (int x) => x, two);

        _client.Submit(_graph, three, one, three);

        var disposed = _client.Submissions.Select(each => FakeFutures.IsDisposed(each.Result!)); // Not null: there are no maps.
        Assert.Equal([false, true, false], disposed);
    }

    [Fact]
    public void A_future_that_is_an_input_is_not_disposed()
    {
        var input = _client.Given(1);
        _client.Submit(_graph, _graph.Add("two", static (int x) => x, (GraphNode<int>)input));

        Assert.False(FakeFutures.IsDisposed(input));
    }

    [Fact]
    public void When_a_submission_fails_half_way_no_future_is_left()
    {
        var one = _graph.Add("one", static () => 1);
        var two = _graph.Add("two", static (int x) => x, one, new SubmitOptions { Retries = 3 });
        _client.OnSubmit = submission =>
        {
            if (submission.Options is not null)
            {
                throw new InvalidOperationException("client");
            }
        };

        Assert.Throws<InvalidOperationException>(() => _client.Submit(_graph, two, one));
        Assert.True(FakeFutures.IsDisposed(Assert.Single(_client.Submissions).Result!)); // Not null: there are no maps.
    }

    [Fact]
    public async Task The_same_dependency_twice_is_one_task()
    {
        var one = _graph.Add("one", static () => 1);
        var twice = _graph.Add("twice", static (int a, int b) => a + b, one, _graph.Reference<int>("one"));

        var futures = _client.Submit(_graph, twice);

        Assert.Equal(2, await _client.ValueOf(futures.Get(twice)));
        Assert.Equal(2, _client.Submissions.Count);
    }

    [Fact]
    public void A_graph_can_be_submitted_again()
    {
        var one = _graph.Add("one", static () => 1);
        var first = _client.Submit(_graph, one);
        _graph.Add("two", static () => 2);
        var second = _client.Submit(_graph, one, _graph.Reference<int>("two"));

        Assert.NotSame(first[one], second[one]);
        Assert.NotNull(second["two"]);
    }

    [Fact]
    public void A_name_is_used_once()
    {
        _graph.Add("one", static () => 1);
        var error = Assert.Throws<ArgumentException>("name", () => _graph.Add("one", static () => 2));

        Assert.Contains("'one'", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, _graph.Count);
    }

    [Fact]
    public void A_name_is_not_empty() => Assert.Throws<ArgumentException>("name", () => _graph.Add("", static () => 1));

    [Fact]
    public void A_reference_to_what_is_not_there_is_refused()
    {
        var node = _graph.Add("one", static (int x) => x, _graph.Reference<int>("nowhere"));
        var error = Assert.Throws<UnknownKeyException>(() => _client.Submit(_graph, node));

        Assert.Contains("'one' needs a node 'nowhere'", error.Message, StringComparison.Ordinal);
        Assert.Empty(_client.Submissions);
    }

    [Fact]
    public void A_reference_of_another_type_is_refused()
    {
        _graph.Add("text", static () => "x");
        var node = _graph.Add("one", static (int x) => x, _graph.Reference<int>("text"));

        Assert.Throws<ResultTypeException>(() => _client.Submit(_graph, node));
    }

    [Fact]
    public void A_cycle_is_named_in_order()
    {
        var a = _graph.Add("a", static (int x) => x, _graph.Reference<int>("b"));
        _graph.Add("b", static (int x, int y) => x, 1, _graph.Reference<int>("c"));
        _graph.Add("c", static (int x) => x, _graph.Reference<int>("b"));
        var error = Assert.Throws<CyclicGraphException>(() => _client.Submit(_graph, a));

        Assert.EndsWith(": b -> c -> b.", error.Message, StringComparison.Ordinal);
        Assert.Empty(_client.Submissions);
    }

    [Fact]
    public void A_node_that_needs_itself_is_a_cycle()
    {
        var a = _graph.Add("a", static (int x) => x, _graph.Reference<int>("a"));
        var error = Assert.Throws<CyclicGraphException>(() => _client.Submit(_graph, a));

        Assert.EndsWith(": a -> a.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nodes_of_another_graph_are_refused()
    {
        var foreign = new TaskGraph().Add("one", static () => 1);

        Assert.Throws<ArgumentException>(() => _graph.Add("two", static (int x) => x, foreign));
        Assert.Throws<ArgumentException>(() => _client.Submit(_graph, foreign));
    }

    [Fact]
    public void Nothing_to_compute_is_refused() => Assert.Throws<ArgumentException>(() => _client.Submit(_graph));

    [Fact]
    public void A_node_is_not_taken_as_a_plain_value()
    {
        var text = _graph.Add("text", static () => "x");

        Assert.Throws<ArgumentException>("input", () => _graph.Add("object", static (object o) => o, text));
    }

    [Fact]
    public void Futures_are_asked_for_by_what_was_submitted()
    {
        var one = _graph.Add("one", static () => 1);
        var two = _graph.Add("two", static (int x) => x, one);
        var futures = _client.Submit(_graph, two);

        Assert.Same(futures["two"], futures[two]);
        Assert.Same(futures["two"], futures.Get(_graph.Reference<int>("two")));
        Assert.Throws<UnknownKeyException>(() => futures[one]);
        Assert.Throws<UnknownKeyException>(() => futures["one"]);
        Assert.Throws<UnknownKeyException>(() => futures[new TaskGraph().Add("two", static () => 1)]);
        Assert.Throws<ResultTypeException>(() => futures.Get<string>("two"));
    }

    private static string[] Split(string text) => text.Split(' ');

    private static int Count(string[] words) => words.Length;
}
