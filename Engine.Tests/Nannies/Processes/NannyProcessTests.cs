using Engine.Nannies;
using Engine.Nannies.Machine;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tests.TestKit;
using Engine.Tests.TestKit.Processes;
using Microsoft.Extensions.Time.Testing;

namespace Engine.Tests.Nannies.Processes;

/// <summary>A nanny that looks after a process; its scheduler is the test.</summary>
[Collection("Processes")]
#pragma warning disable CA1001 // The test framework disposes of a test by DisposeAsync of IAsyncLifetime.
public sealed class NannyProcessTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private readonly InProcTransport _transport = new();
    private readonly RecordingInbox _scheduler = new();
    private readonly ProbeFixture _probes = new();
    private IConnection? _connection;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _probes.DisposeAsync().AsTask();

    [Fact]
    public async Task A_worker_that_ignores_the_polite_stop_is_killed_and_seen_to_be_dead_before_a_successor_starts_1303()
    {
        var launcher = new WatchedLauncher(ProbeFixture.Launcher(static place => place), _probes.Variables("ignore-stop"));
        var nanny = await StartAsync(launcher, new NannySettings { KillGrace = TimeSpan.FromSeconds(2) });

        _connection!.TrySend(new TellNanny(NannyIntent.Restart, nanny.Worker, CloseReason.Restart, "a test"));
        await launcher.When("runs 2");

        Assert.Equal(["start 1", "runs 1", "stop 1", "kill 1 Restart", "start 2", "runs 2"], launcher.Lines);
        Assert.Single(_probes.Marked());
        nanny.Abort();
        await nanny.Ended.Within("end of the nanny");
    }

    [Fact]
    public async Task A_worker_over_its_memory_is_killed_and_the_scheduler_hears_why()
    {
        var launcher = new WatchedLauncher(ProbeFixture.Launcher(static place => place), _probes.Variables("allocate 200"));
        var nanny = await StartAsync(launcher, new NannySettings { TerminateBytes = 150 << 20, RestartsMax = 0 });

        var exited = await _scheduler.NextAsync<WorkerExited>();

        Assert.Equal((ProbeBody.Number, CloseReason.MemoryLimit), (exited.Worker.Number, exited.Reason));
        Assert.Equal(CloseReason.MemoryLimit, (await nanny.Ended.Within("end of the nanny")).Reason);
    }

    [Fact]
    public async Task A_crash_is_followed_by_a_successor_and_the_scheduler_hears_the_exit_code()
    {
        var launcher = new WatchedLauncher(ProbeFixture.Launcher(static place => place), _probes.Variables("then-exit 5"));
        var nanny = await StartAsync(launcher, new NannySettings { RestartsMax = 1 });

        var exited = await _scheduler.NextAsync<WorkerExited>();

        Assert.Contains("exit code 5", exited.Detail, StringComparison.Ordinal);
        Assert.Equal((Status.Failed, CloseReason.Crashed), await EndOf(nanny));
        Assert.Equal(["start 1", "runs 1", "start 2", "runs 2"], launcher.Lines);
    }

    [Fact]
    public async Task A_worker_that_does_not_come_up_fails_its_nanny_with_its_own_error()
    {
        var launcher = new WatchedLauncher(ProbeFixture.Launcher(static place => place), _probes.Variables("throw no luck"));

        var error = await Assert.ThrowsAsync<StartFailedException>(() => StartAsync(launcher, new NannySettings()));

        Assert.Contains("no luck", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_nanny_that_closes_takes_its_worker_with_it()
    {
        var launcher = new WatchedLauncher(ProbeFixture.Launcher(static place => place), _probes.Variables("spawn"));
        var nanny = await StartAsync(launcher, new NannySettings());

        await nanny.CloseAsync(CloseReason.HostStopping, "its host stops").Within("end of the nanny");

        Assert.Equal(["start 1", "runs 1", "stop 1"], launcher.Lines);
        Assert.Equal((Status.Closed, CloseReason.HostStopping), await EndOf(nanny));
    }

    [Fact]
    public async Task A_nanny_that_fails_gives_up_the_start_that_is_under_way()
    {
        await using var hold = new Hold();
        var endless = new FakeTimeProvider(); // The process has time enough to come up, so nobody else ends it.
        var launcher = new WatchedLauncher(ProbeFixture.Launcher(place => place with { Time = endless }), _probes.Variables($"hold {hold.Name}"));
        var clock = new BrokenClock();
        var starting = StartAsync(launcher, new NannySettings(), clock);
        await hold.EnteredAsync();

        clock.IsBroken = true;
        _connection!.TrySend(NannyRegistered.Instance);

        await launcher.When("gives 1 up");
        Assert.Empty(_probes.Marked());
        await Assert.ThrowsAsync<InvalidOperationException>(() => starting);
    }

    private static async Task<(Status Status, CloseReason Reason)> EndOf(Nanny nanny)
    {
        var end = await nanny.Ended.Within("end of the nanny");
        return (end.Status, end.Reason);
    }

    private async Task<Nanny> StartAsync(IWorkerLauncher launcher, NannySettings settings, TimeProvider? time = null)
    {
        var listener = await _transport.ListenAsync("inproc://scheduler", _scheduler, CancellationToken.None);
        var place = new LocalPlace(_transport, listener.Address, time ?? TimeProvider.System, TaskScheduler.Default, Validate: true);
        var nanny = new Nanny(NannyId.New(), "probe", null, settings, launcher, place);
        var starting = nanny.StartAsync(TaskScheduler.Default, CancellationToken.None);
        (_connection, var message, _) = await _scheduler.NextAsync();
        Assert.IsType<RegisterNanny>(message);
        _connection.TrySend(NannyRegistered.Instance);
        await starting.Within("start of the nanny");
        return nanny;
    }

    private sealed class BrokenClock : TimeProvider
    {
        public bool IsBroken { get; set; }

        public override long GetTimestamp() => IsBroken ? throw new InvalidOperationException("the clock is broken") : base.GetTimestamp();
    }
}
