using Engine.Protocol;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling.Membership;

/// <summary>Who was retired stays away until whoever owns the host wants it back (I1).</summary>
public sealed class LedgerTests
{
    private readonly SchedulerFixture _scheduler = new();

    [Fact]
    public void The_nanny_of_a_retired_worker_is_refused_and_told_what_to_do()
    {
        var nanny = _scheduler.AddNanny();
        Retire(_scheduler.AddWorker(nanny, "w"));

        var refusal = Refusal(nanny, null);

        Assert.Contains($"{nanny.Id}", refusal, StringComparison.Ordinal);
        Assert.Contains("worker-1", refusal, StringComparison.Ordinal);
        Assert.Contains("ReadmitAsync", refusal, StringComparison.Ordinal);
        Assert.Null(Refusal(_scheduler.AddNanny(number: 2), null));
    }

    [Fact]
    public void A_host_is_refused_when_its_last_worker_was_retired_and_not_before_A1_21()
    {
        var (first, second) = (_scheduler.AddWorker(null, host: "h"), _scheduler.AddWorker(null, host: "h"));

        Retire(first);
        Assert.Null(Refusal(null, "h"));
        Retire(second);

        Assert.Contains("\"h\"", Refusal(null, "h"), StringComparison.Ordinal);
        Assert.Null(Refusal(null, "another"));
        Assert.Null(Refusal(null, null));
    }

    [Fact]
    public void A_host_whose_last_worker_crashed_is_let_in_although_another_one_was_retired_there()
    {
        var (first, second) = (_scheduler.AddWorker(null, host: "h"), _scheduler.AddWorker(null, host: "h"));

        Retire(first);
        _scheduler.RemoveWorker(second);

        Assert.Null(Refusal(null, "h"));
    }

    [Theory]
    [InlineData(CloseReason.Crashed)]
    [InlineData(CloseReason.Restart)]
    [InlineData(CloseReason.LifetimeRestart)]
    [InlineData(CloseReason.MemoryLimit)]
    [InlineData(CloseReason.Expired)]
    [InlineData(CloseReason.SchedulerLost)]
    [InlineData(CloseReason.UserRequest)]
    public void Ends_that_are_no_retirement_bar_nobody(CloseReason reason)
    {
        var nanny = _scheduler.AddNanny(host: "h");
        _scheduler.RemoveWorker(_scheduler.AddWorker(nanny, host: "h"), reason);

        Assert.Null(Refusal(nanny, "h"));
    }

    [Theory]
    [InlineData(CloseReason.SchedulerRequest)]
    [InlineData(CloseReason.LifetimeOver)]
    [InlineData(CloseReason.Retired)]
    public void Ends_that_are_meant_for_good_bar_nanny_and_host(CloseReason reason)
    {
        var nanny = _scheduler.AddNanny(host: "h");
        _scheduler.RemoveWorker(_scheduler.AddWorker(nanny, host: "h"), reason);

        Assert.NotNull(Refusal(nanny, null));
        Assert.NotNull(Refusal(null, "h"));
    }

    [Fact]
    public void A_nanny_is_let_in_again_when_it_is_readmitted()
    {
        var (nanny, other) = (_scheduler.AddNanny(number: 1), _scheduler.AddNanny(number: 2));
        Retire(_scheduler.AddWorker(nanny));
        Retire(_scheduler.AddWorker(other));

        Assert.Equal(true, _scheduler.Ask(new ReadmitRequest(nanny.Id, null)));

        Assert.Null(Refusal(nanny, null));
        Assert.NotNull(Refusal(other, null));
        Assert.Equal(false, _scheduler.Ask(new ReadmitRequest(nanny.Id, null)));
        Retire(_scheduler.AddWorker(nanny));
        Assert.NotNull(Refusal(nanny, null)); // A later retirement bars it again.
    }

    [Fact]
    public void A_worker_that_breaks_off_on_its_way_out_is_remembered_from_then_on()
    {
        var scheduler = new SchedulerFixture(new SchedulerSettings { LedgerExpiry = TimeSpan.FromHours(1) });
        var worker = scheduler.AddWorker(null, host: "h");
        scheduler.Retire(worker);
        scheduler.Advance(TimeSpan.FromHours(2));

        scheduler.Cut(worker);

        Assert.NotNull(scheduler.Machine.FindRefusal(null, "h", scheduler.Now + TimeSpan.FromMinutes(59)));
        Assert.Null(scheduler.Machine.FindRefusal(null, "h", scheduler.Now + TimeSpan.FromMinutes(60)));
    }

    [Fact]
    public void A_worker_whose_nanny_breaks_off_after_it_on_their_way_out_is_remembered_from_then_on()
    {
        var scheduler = new SchedulerFixture(new SchedulerSettings { LedgerExpiry = TimeSpan.FromHours(1), NannysWordLimit = TimeSpan.FromDays(1) });
        var nanny = scheduler.AddNanny();
        var worker = scheduler.AddWorker(nanny);
        scheduler.Retire(worker);
        scheduler.Cut(worker);
        scheduler.Advance(TimeSpan.FromHours(2));

        scheduler.Cut(nanny);

        Assert.NotNull(scheduler.Machine.FindRefusal(nanny.Id, null, scheduler.Now + TimeSpan.FromMinutes(59)));
    }

    [Fact]
    public void A_worker_whose_successor_knocks_is_remembered_from_then_on()
    {
        var scheduler = new SchedulerFixture(new SchedulerSettings { LedgerExpiry = TimeSpan.FromHours(1) });
        var nanny = scheduler.AddNanny();
        scheduler.Retire(scheduler.AddWorker(nanny));
        scheduler.Advance(TimeSpan.FromHours(2));

        Assert.NotNull(scheduler.Knock(nanny));
    }

    [Fact]
    public void A_host_is_let_in_again_with_its_nannies_when_it_is_readmitted()
    {
        var (nanny, elsewhere) = (_scheduler.AddNanny(host: "h", number: 1), _scheduler.AddNanny(host: "other", number: 2));
        Retire(_scheduler.AddWorker(nanny, host: "h"));
        Retire(_scheduler.AddWorker(elsewhere, host: "other"));

        Assert.Equal(true, _scheduler.Ask(new ReadmitRequest(null, "h")));

        Assert.Null(Refusal(nanny, "h"));
        Assert.NotNull(Refusal(elsewhere, null));
        Assert.NotNull(Refusal(null, "other"));
        Assert.Equal(false, _scheduler.Ask(new ReadmitRequest(null, "h")));
        Assert.Equal(false, _scheduler.Ask(new ReadmitRequest(null, "nowhere")));
    }

    [Fact]
    public void A_departure_is_forgotten_after_its_time()
    {
        var scheduler = new SchedulerFixture(new SchedulerSettings { LedgerExpiry = TimeSpan.FromHours(1) });
        var nanny = scheduler.AddNanny();
        var worker = scheduler.AddWorker(nanny, host: "h");
        scheduler.Retire(worker);
        scheduler.Acknowledge(worker);

        scheduler.Advance(TimeSpan.FromMinutes(59));
        Assert.NotNull(scheduler.Machine.FindRefusal(nanny.Id, "h", scheduler.Now));
        scheduler.Advance(TimeSpan.FromMinutes(1));

        Assert.Null(scheduler.Machine.FindRefusal(nanny.Id, "h", scheduler.Now));
    }

    [Fact]
    public void Ten_thousand_comings_and_goings_leave_the_ledger_at_its_capacity_I12()
    {
        var ledger = new DepartureLedger(capacity: 100, TimeSpan.FromDays(1));
        for (var i = 1; i <= 10_000; i++)
        {
            ledger.Record(Line(i, nanny: i, host: $"h{i}", Disposition.Retired, TimeSpan.FromSeconds(i)), barsHost: true);
        }

        Assert.Equal((100, 100), (ledger.Count, ledger.All.Count()));
        Assert.Null(ledger.FindBar(SchedulerFixture.NannyIdOf(9_900), "h9900", TimeSpan.FromSeconds(10_000)));
        Assert.NotNull(ledger.FindBar(SchedulerFixture.NannyIdOf(9_901), null, TimeSpan.FromSeconds(10_000)));
        Assert.NotNull(ledger.FindBar(null, "h9901", TimeSpan.FromSeconds(10_000)));
        Assert.Equal(100, Enumerable.Range(1, 10_000).Count(number => ledger.Readmit(SchedulerFixture.NannyIdOf(number)))); // None was kept beside them.
        Assert.Equal(100, Enumerable.Range(1, 10_000).Count(number => ledger.Readmit($"h{number}")));
    }

    [Fact]
    public void A_line_that_is_forgotten_does_not_take_a_later_bar_of_the_same_nanny_with_it()
    {
        var ledger = new DepartureLedger(capacity: 2, TimeSpan.FromDays(1));
        ledger.Record(Line(1, nanny: 1, host: "h", Disposition.Retired, TimeSpan.Zero), barsHost: true);
        ledger.Record(Line(2, nanny: 1, host: "h", Disposition.Retired, TimeSpan.Zero), barsHost: true);
        ledger.Record(Line(3, nanny: 2, host: null, Disposition.Failed, TimeSpan.Zero), barsHost: false);

        Assert.Null(ledger.Find(new WorkerId(1)));
        Assert.Equal(new WorkerId(2), ledger.FindBar(SchedulerFixture.NannyIdOf(1), null, TimeSpan.Zero)!.Worker);
        Assert.Equal(new WorkerId(2), ledger.FindBar(null, "h", TimeSpan.Zero)!.Worker);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void The_ledger_answers_as_a_list_would_that_is_searched_from_its_end(int seed)
    {
        const int capacity = 8;
        var expiry = TimeSpan.FromSeconds(40);
        var random = new Random(seed);
        var ledger = new DepartureLedger(capacity, expiry);
        var model = new List<ModelLine>();
        var now = TimeSpan.Zero;
        for (var number = 1; number <= 5_000; number++)
        {
            now += TimeSpan.FromSeconds(random.Next(4));
            var (nanny, host) = (random.Next(6), $"h{random.Next(4)}");
            switch (random.Next(6))
            {
                case 0:
                    Assert.Equal(model.Exists(line => line.BarsNanny && line.Nanny == nanny), ledger.Readmit(SchedulerFixture.NannyIdOf(nanny)));
                    model.ForEach(line => line.BarsNanny &= line.Nanny != nanny);
                    break;
                case 1:
                    Assert.Equal(model.Exists(line => line.Host == host && (line.BarsNanny || line.BarsHost)), ledger.Readmit(host));
                    model.ForEach(line => (line.BarsNanny, line.BarsHost) = (line.BarsNanny && line.Host != host, line.BarsHost && line.Host != host));
                    break;
                default:
                    var (isRetired, barsHost) = (random.Next(2) == 0, random.Next(2) == 0);
                    Trim(model, line => line.Time + expiry <= now, capacity - 1);
                    foreach (var older in model.Where(_ => isRetired))
                    {
                        older.BarsNanny &= older.Nanny != nanny;
                        older.BarsHost &= !(barsHost && older.Host == host);
                    }

                    model.Add(new ModelLine(number, nanny, host, now) { BarsNanny = isRetired, BarsHost = isRetired && barsHost });
                    ledger.Record(Line(number, nanny, host, isRetired ? Disposition.Retired : Disposition.Restarting, now), barsHost);
                    break;
            }

            Trim(model, line => line.Time + expiry <= now, capacity);
            var (asked, askedHost) = (random.Next(6), $"h{random.Next(4)}");
            var expected = model.FindLast(line => line.BarsNanny && line.Nanny == asked) ?? model.FindLast(line => line.BarsHost && line.Host == askedHost);
            Assert.Equal(expected?.Worker, ledger.FindBar(SchedulerFixture.NannyIdOf(asked), askedHost, now)?.Worker.Number);
            Assert.Equal(model.Select(static line => line.Worker), ledger.All.Select(static line => line.Worker.Number));
            Assert.All(model, line => Assert.NotNull(ledger.Find(new WorkerId(line.Worker))));
            Assert.Equal(model.Count, ledger.Count);
        }
    }

    private static void Trim(List<ModelLine> model, Predicate<ModelLine> isOld, int capacity)
    {
        while (model.Count > 0 && (model.Count > capacity || isOld(model[0])))
        {
            model.RemoveAt(0);
        }
    }

    private static Departure Line(int worker, int nanny, string? host, Disposition disposition, TimeSpan time) =>
        new(new WorkerId(worker), $"w{worker}", SchedulerFixture.NannyIdOf(nanny), host, disposition, CloseReason.Retired, "a test", time);

    private string? Refusal(NannyState? nanny, string? host) => _scheduler.Machine.FindRefusal(nanny?.Id, host, _scheduler.Now);

    private void Retire(WorkerState worker)
    {
        _scheduler.Retire(worker);
        _scheduler.Acknowledge(worker);
        Assert.False(worker.IsMember);
    }

    private sealed class ModelLine(int worker, int nanny, string host, TimeSpan time)
    {
        public long Worker => worker;

        public int Nanny => nanny;

        public string Host => host;

        public TimeSpan Time => time;

        public bool BarsNanny { get; set; }

        public bool BarsHost { get; set; }
    }
}
