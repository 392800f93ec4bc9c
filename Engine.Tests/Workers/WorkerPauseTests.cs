using Engine.Collections;
using Engine.Data;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tests.TestKit;
using Engine.Tests.TestKit.Machines;
using Engine.Workers;

namespace Engine.Tests.Workers;

/// <summary>A worker that pauses, with the test in the place of its scheduler.</summary>
public sealed class WorkerPauseTests : IAsyncLifetime
{
    private readonly InProcTransport _transport = new();
    private readonly RecordingInbox _inbox = new();
    private Worker _worker = null!; // Made before each test, like the two below.
    private IListener _listener = null!;
    private IConnection _scheduler = null!;

    public async Task InitializeAsync()
    {
        _listener = await _transport.ListenAsync("inproc://", _inbox, CancellationToken.None);
        var options = new WorkerOptions { Name = "w", MemoryLimit = 1000, MemoryTarget = null };
        _worker = new Worker(options, _transport, _listener.Address, TimeProvider.System, validate: true);
        var started = _worker.StartAsync(TaskScheduler.Default, CancellationToken.None);
        var (connection, message, _) = await _inbox.NextAsync();
        _scheduler = connection;
        var registration = Assert.IsType<RegisterWorker>(message);
        _scheduler.TrySend(new WorkerRegistered(new WorkerAddress(new WorkerId(1), registration.Address, "w"), Timeout.InfiniteTimeSpan));
        await started.Within("registration");
    }

    public async Task DisposeAsync()
    {
        await _worker.CloseAsync(CloseReason.UserRequest, "the test is over").Within("end of the worker");
        await _listener.DisposeAsync();
    }

    [Fact]
    public async Task A_worker_that_is_paused_starts_nothing_and_goes_on_when_it_is_let_go()
    {
        _worker.Pause(true);
        Assert.Equal(Status.Paused, (await _inbox.NextAsync<StatusChanged>()).Status);
        var runs = 0;
        Compute(WorkerFixture.Key(1), () => ++runs);
        await EverythingIsHandledAsync();
        Assert.Equal(0, runs);

        _worker.Pause(false);

        Assert.Equal(Status.Running, (await _inbox.NextAsync<StatusChanged>()).Status);
        Assert.Equal(WorkerFixture.Key(1), (await _inbox.NextAsync<FinishedBatch>()).Entries[0].Key);
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task A_value_that_takes_too_much_pauses_the_worker_until_it_is_freed()
    {
        Compute(WorkerFixture.Key(1), static () => new byte[900]);

        Assert.Equal(924, (await _inbox.NextAsync<FinishedBatch>()).Entries[0].NBytes);
        Assert.Equal(Status.Paused, (await _inbox.NextAsync<StatusChanged>()).Status);
        await EverythingIsHandledAsync();
        Assert.Equal(924, _worker.ManagedBytes);

        var free = BatchPool<FreeKeys>.Get();
        free.Add(new TaskAttempt { Key = WorkerFixture.Key(1), Attempt = 1 });
        _scheduler.TrySend(free);

        Assert.Equal(Status.Running, (await _inbox.NextAsync<StatusChanged>()).Status);
        await EverythingIsHandledAsync();
        Assert.Equal(0, _worker.ManagedBytes);
    }

    private void Compute(TaskKey key, Func<object> function)
    {
        var batch = BatchPool<ComputeBatch>.Get();
        batch.Add(new ComputeTask { Key = key, Work = new TestWork("work", (_, _) => DataValue.From(function())), Count = 1, Attempt = 1 });
        _scheduler.TrySend(batch);
    }

    /// <summary>Two questions and answers: with the second, the turn of the first is over.</summary>
    private async Task EverythingIsHandledAsync()
    {
        for (var i = 0; i < 2; i++)
        {
            var steal = BatchPool<StealRequest>.Get();
            steal.Add(new TaskAttempt { Key = WorkerFixture.Key(99), Attempt = 1 });
            _scheduler.TrySend(steal);
            await _inbox.NextAsync<StealResponse>();
        }
    }
}
