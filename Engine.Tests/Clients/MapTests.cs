using Engine.Tests.TestKit;

namespace Engine.Tests.Clients;

public sealed class MapTests
{
    private readonly FakeSubmitter _client = new();

    [Fact]
    public async Task Plain_values_are_one_submission()
    {
        string[] files = ["a", "bb", "ccc"];
        FutureMap<int> map = _client.Map(static (string path) => path.Length, files);

        Assert.NotNull(map);
        Assert.Single(_client.Submissions);
        Assert.Equal(3, _client.Last.Count);
        Assert.Equal(2, await _client.ElementOf<int>(1));
    }

    [Fact]
    public async Task Changing_the_values_later_has_no_effect()
    {
        int[] values = [1, 2];
        _client.Map(static (int x) => x, values);
        values[1] = 7;

        Assert.Equal(2, await _client.ElementOf<int>(1));
    }

    [Fact]
    public void A_sequence_is_read_once()
    {
        var reads = 0;
        _client.Map(static (int x) => x, Numbers());

        Assert.Equal(2, _client.Last.Count);
        Assert.Equal(1, reads);

        IEnumerable<int> Numbers()
        {
            reads++;
            yield return 1;
            yield return 2;
        }
    }

    [Fact]
    public async Task A_method_group_maps()
    {
        _client.Map(LengthAsync, ["a", "bb"]);

        Assert.True(_client.Last.Work.IsAsync);
        Assert.Equal(2, await _client.ElementOf<int>(1));
    }

    [Fact]
    public async Task A_context_is_passed_on()
    {
        _client.Map(static (int x, TaskContext context) => context, [1, 2], new SubmitOptions { Retries = 2 });

        Assert.Same(_client.Context, await _client.ElementOf<TaskContext>(1));
        Assert.Equal(2, _client.Last.Options?.Retries);
    }

    [Fact]
    public async Task Two_sequences_are_taken_in_pairs()
    {
        _client.Map(static (string a, int b) => $"{a}{b}", new[] { "x", "y" }, Enumerable.Range(1, 2));

        Assert.Equal("y2", await _client.ElementOf<string>(1));
    }

    [Fact]
    public void Sequences_of_different_lengths_are_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => _client.Map(static (int a, int b) => a + b, [1, 2], [3]));

        Assert.Contains("2 and 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Futures_are_one_submission_each_that_share_their_work()
    {
        List<Future<int>> inputs = [_client.Given(1), _client.Given(2)];
        Future<string>[] results = _client.Map(x => x.ToString(), inputs);

        Assert.Equal("2", await _client.ValueOf(results[1]));
        Assert.Equal(2, _client.Submissions.Count);
        Assert.Same(_client.Submissions[0].Work, _client.Submissions[1].Work);
        Assert.Equal([inputs[0]], _client.Submissions[0].Dependencies);
    }

    [Fact]
    public void An_empty_sequence_is_an_empty_map()
    {
        _client.Map(static (int x) => x, Array.Empty<int>());

        Assert.Equal(0, _client.Last.Count);
        Assert.Empty(_client.Map(static (int x) => x, Array.Empty<Future<int>>()));
    }

    private static async Task<int> LengthAsync(string text)
    {
        await Task.Yield();
        return text.Length;
    }
}
