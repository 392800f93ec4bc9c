using Engine.Tests.TestKit;

namespace Engine.Tests.Clients;

public sealed class SubmitAsyncTests
{
    private readonly FakeSubmitter _client = new();

    [Fact]
    public async Task Nothing_is_submitted_before_there_is_room()
    {
        var room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _client.Room = _ => new ValueTask(room.Task);
        var submitting = _client.SubmitAsync(static (int x) => x + 1, _client.Given(1)).AsTask();
        Assert.Empty(_client.Submissions);

        room.SetResult();

        Assert.Equal(2, await _client.ValueOf(await submitting));
    }

    [Fact]
    public void With_room_it_is_done_at_once() =>
        Assert.True(_client.SubmitAsync(static (int a, int b) => a + b, 1, 2).AsTask().IsCompletedSuccessfully);

    [Fact]
    public async Task Giving_up_submits_nothing()
    {
        using var source = new CancellationTokenSource();
        _client.Room = token => new ValueTask(Task.FromCanceled(token));
        source.Cancel();

        var waiting = _client.SubmitAsync(static () => 1, cancellationToken: source.Token).AsTask();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(source.Token, error.CancellationToken);
        Assert.Empty(_client.Submissions);
    }

    [Fact]
    public async Task An_async_function_gives_its_tasks_value()
    {
        Future<int> future = await _client.SubmitAsync(
            async x =>
            {
                await Task.Yield();
                return x;
            },
            _client.Given(4));

        Assert.Equal(4, await _client.ValueOf(future));
    }
}
