using CsCheck;
using Engine.Scheduling.Machine;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Scheduling.Membership;

/// <summary>The ledger against a list of all that ever happened.</summary>
public sealed class DepartureLedgerModelTests
{
    private const int Capacity = 4;
    private static readonly TimeSpan s_expiry = TimeSpan.FromSeconds(10);

    private static readonly Gen<(Disposition Disposition, int Nanny, int Host, bool BarsHost, int Seconds)> s_departure = Gen.Select(
        Gen.Enum<Disposition>(), Gen.Int[0, 2], Gen.Int[0, 2], Gen.Bool, Gen.Int[0, 6]);

    [Fact]
    public void Whoever_left_for_good_is_barred_until_he_is_let_in_again_or_forgotten() => Gen.Const(static () => (new Ledger(), new Model())).SampleModelBased(
        s_departure.Operation<Ledger, Model>(
            static (ledger, departure) => ledger.Record(departure.Disposition, departure.Nanny, departure.Host, departure.BarsHost, departure.Seconds),
            static (model, departure) => model.Record(departure.Disposition, departure.Nanny, departure.Host, departure.BarsHost, departure.Seconds)),
        Gen.Int[0, 2].Operation<Ledger, Model>(
            static (ledger, nanny) => ledger.Lines.Readmit(SchedulerFixture.NannyIdOf(nanny)),
            static (model, nanny) => model.BarredNannies.Remove(nanny)),
        Gen.Int[0, 2].Operation<Ledger, Model>(
            static (ledger, host) => ledger.Lines.Readmit($"host {host}"),
            static (model, host) => model.ReadmitHost(host)),
        equal: static (ledger, model) => ledger.Describe() == model.Describe());

    private static string HostName(int host) => $"host {host}";

    /// <summary>The ledger, and a clock.</summary>
    private sealed class Ledger
    {
        private long _number;
        private TimeSpan _now;

        public DepartureLedger Lines { get; } = new(Capacity, s_expiry);

        public void Record(Disposition disposition, int nanny, int host, bool barsHost, int seconds)
        {
            _now += TimeSpan.FromSeconds(seconds);
            Lines.Record(
                new Departure(new WorkerId(++_number), "w", SchedulerFixture.NannyIdOf(nanny), HostName(host), disposition, CloseReason.Retired, string.Empty, _now),
                barsHost);
        }

        public string Describe()
        {
            var nannies = Enumerable.Range(0, 3).Where(nanny => Lines.FindBar(SchedulerFixture.NannyIdOf(nanny), null, _now) is not null);
            var hosts = Enumerable.Range(0, 3).Where(host => Lines.FindBar(null, HostName(host), _now) is not null);
            return $"{string.Join(',', nannies)}; {string.Join(',', hosts)}; {string.Join(',', Lines.All.Select(static line => line.Worker.Number))}";
        }
    }

    /// <summary>Everything is looked at each time: who left last under a name decides, as long as he is remembered.</summary>
    private sealed class Model
    {
        private readonly List<(long Number, TimeSpan Time)> _lines = [];
        private readonly Dictionary<int, long> _barredHosts = [];
        private readonly Dictionary<int, int> _hostOf = [];
        private long _number;
        private TimeSpan _now;

        public Dictionary<int, long> BarredNannies { get; } = [];

        public void Record(Disposition disposition, int nanny, int host, bool barsHost, int seconds)
        {
            _now += TimeSpan.FromSeconds(seconds);
            Forget(Capacity - 1);
            _lines.Add((++_number, _now));
            if (disposition == Disposition.Retired)
            {
                (BarredNannies[nanny], _hostOf[nanny]) = (_number, host);
                if (barsHost)
                {
                    _barredHosts[host] = _number;
                }
            }
        }

        public void ReadmitHost(int host)
        {
            _barredHosts.Remove(host);
            foreach (var nanny in BarredNannies.Keys.Where(nanny => _hostOf[nanny] == host).ToList())
            {
                BarredNannies.Remove(nanny);
            }
        }

        public string Describe()
        {
            Forget(Capacity);
            return $"{string.Join(',', BarredNannies.Keys.Order())}; {string.Join(',', _barredHosts.Keys.Order())}; {string.Join(',', _lines.Select(static line => line.Number))}";
        }

        private void Forget(int left)
        {
            while (_lines.Count > 0 && (_lines.Count > left || _lines[0].Time + s_expiry <= _now))
            {
                var number = _lines[0].Number;
                _lines.RemoveAt(0);
                Drop(BarredNannies, number);
                Drop(_barredHosts, number);
            }
        }

        private static void Drop(Dictionary<int, long> barred, long number)
        {
            foreach (var key in barred.Where(pair => pair.Value == number).Select(static pair => pair.Key).ToList())
            {
                barred.Remove(key);
            }
        }
    }
}
