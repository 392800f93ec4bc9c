using Engine.Tests.TestKit;

namespace Engine.Tests.Clients;

public class DatasetTests
{
    private readonly Gate<int> _gate = new();

    [Fact]
    public async Task A_dataset_outlives_the_client_that_published_it()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var publisher = await cluster.ConnectAsync();
        await publisher.PublishAsync("answer", publisher.Submit(_gate.RunAsync)).Within("publication");
        await publisher.DisposeAsync();
        _gate.Open(42);

        var future = await cluster.Client.GetDatasetAsync<int>("answer").Within("dataset");

        Assert.Equal(42, await future.AsTask().Within("value"));
        Assert.Equal(1, _gate.Runs);
    }

    [Fact]
    public async Task A_list_keeps_its_order()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var other = await cluster.ConnectAsync();
        await cluster.Client.PublishAsync("squares", cluster.Client.Map(static (int x) => x * x, [1, 2, 3])).Within("publication");
        await cluster.Client.PublishAsync("none", []).Within("publication of nothing");

        var futures = await other.GetDatasetListAsync<int>("squares").Within("dataset");

        Assert.Equal(new[] { 1, 4, 9 }, await other.GatherAsync(futures).Within("values"));
        Assert.Equal(["none", "squares"], await other.ListDatasetsAsync());
        Assert.Empty(await other.GetDatasetListAsync<int>("none"));
    }

    [Fact]
    public async Task One_value_is_a_list_of_one_but_a_list_is_not_one_value()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        await cluster.Client.PublishAsync("one", cluster.Client.Submit(static () => 1));
        await cluster.Client.PublishAsync("list", [cluster.Client.Submit(static () => 2)]);

        Assert.Equal(1, await Assert.Single(await cluster.Client.GetDatasetListAsync<int>("one")));
        var error = await Assert.ThrowsAsync<ResultTypeException>(() => cluster.Client.GetDatasetAsync<int>("list")).Within("refusal");

        Assert.Contains(nameof(Client.GetDatasetListAsync), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reading_a_dataset_as_another_type_is_refused()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        await cluster.Client.PublishAsync("one", cluster.Client.Submit(static () => 1));

        var future = await cluster.Client.GetDatasetAsync<string>("one").Within("dataset");

        var error = await Assert.ThrowsAsync<ResultTypeException>(() => future.AsTask()).Within("reading");
        Assert.Contains("System.Int32", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_in_use_is_refused_unless_it_is_replaced()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        await cluster.Client.PublishAsync("name", cluster.Client.Submit(static () => 1));
        var second = cluster.Client.Submit(static () => 2);

        await Assert.ThrowsAsync<KeyConflictException>(() => cluster.Client.PublishAsync("name", second)).Within("refusal");
        await cluster.Client.PublishAsync("name", second, replace: true).Within("replacement");
        await cluster.Client.PublishAsync("name", second, replace: true).Within("replacement by itself");

        Assert.Equal(2, await await cluster.Client.GetDatasetAsync<int>("name"));
    }

    [Fact]
    public async Task An_unpublished_value_goes_when_nobody_else_wants_it()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var future = cluster.Client.Submit(static () => 1);
        await cluster.Client.PublishAsync("name", future);
        var key = future.Key;
        await future;
        future.Dispose();
        Assert.Equal("Memory", (await cluster.Client.StoryAsync(key))[^1].Finish);

        await cluster.Client.UnpublishAsync("name").Within("end of the publication");

        Assert.Equal("Forgotten", (await cluster.Client.StoryAsync(key))[^1].Finish);
        Assert.Empty(await cluster.Client.ListDatasetsAsync());
    }

    [Fact]
    public async Task Each_future_of_a_dataset_is_given_up_by_itself()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var own = cluster.Client.Submit(static () => 1);
        await cluster.Client.PublishAsync("name", own);
        own.Dispose();
        var first = await cluster.Client.GetDatasetAsync<int>("name");
        var second = await cluster.Client.GetDatasetAsync<int>("name");

        first.Dispose();
        await cluster.Client.UnpublishAsync("name");

        Assert.Equal(1, await second.AsTask().Within("reading"));
        second.Dispose();
        Assert.Equal("Forgotten", (await cluster.Client.StoryAsync(own.Key))[^1].Finish);
    }

    [Fact]
    public async Task A_future_that_is_released_while_its_dataset_is_asked_for_does_not_take_the_new_one_with_it()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var own = cluster.Client.Submit(static () => 1);
        await cluster.Client.PublishAsync("name", own);
        for (var i = 0; i < 200; i++)
        {
            var asking = cluster.Client.GetDatasetAsync<int>("name");
            own.Dispose();
            own = await asking.Within("dataset");
        }

        await cluster.Client.UnpublishAsync("name");

        Assert.Equal(1, await own.AsTask().Within("reading"));
    }

    [Fact]
    public async Task Cancelling_does_not_take_a_dataset_away()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        var future = cluster.Client.Submit(_gate.RunAsync);
        await cluster.Client.PublishAsync("name", future);
        await future.CancelAsync().Within("cancellation");
        _gate.Open(5);

        var again = await cluster.Client.GetDatasetAsync<int>("name").Within("dataset");

        Assert.Equal(5, await again.AsTask().Within("value"));
    }

    [Fact]
    public async Task What_is_not_there_is_refused_with_what_is()
    {
        await using var cluster = await ClusterFixture.StartAsync();
        await cluster.Client.PublishAsync("prices", cluster.Client.Submit(static () => 1));
        var released = cluster.Client.Submit(static () => 1);
        released.Dispose();
        var cancelled = cluster.Client.Submit(_gate.RunAsync);
        await cancelled.CancelAsync();

        var get = await Assert.ThrowsAsync<UnknownKeyException>(() => cluster.Client.GetDatasetAsync<int>("rices")).Within("refusal");
        await Assert.ThrowsAsync<UnknownKeyException>(() => cluster.Client.UnpublishAsync("rices")).Within("refusal");
        await Assert.ThrowsAsync<UnknownKeyException>(() => cluster.Client.PublishAsync("x", cancelled)).Within("refusal");
        await Assert.ThrowsAsync<ObjectDisposedException>(() => cluster.Client.PublishAsync("x", released)).Within("refusal");

        Assert.Contains("prices", get.Message, StringComparison.Ordinal);
    }
}
