using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Engine.Tests.TestKit;

/// <summary>A meter factory of a test's own, and what is measured with its meters: other tests measure with others.</summary>
internal sealed class Measurements : IMeterFactory
{
    private readonly ConcurrentQueue<Meter> _meters = new();
    private readonly ConcurrentQueue<Instrument> _published = new();
    private readonly ConcurrentQueue<(string Instrument, double Value, string Tags)> _recorded = new();
    private readonly ConcurrentDictionary<(string Instrument, string Tag), bool> _tags = new();
    private readonly MeterListener? _listener;

    /// <param name="listens">Whether somebody listens.</param>
    public Measurements(bool listens = true)
    {
        if (!listens)
        {
            return;
        }

        _listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == this)
                {
                    _published.Enqueue(instrument);
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>The instruments that there are, in order of their names.</summary>
    public IReadOnlyList<Instrument> Instruments => [.. _published.OrderBy(static instrument => instrument.Name, StringComparer.Ordinal)];

    public Meter Create(MeterOptions options)
    {
        options.Scope = this;
        var meter = new Meter(options);
        _meters.Enqueue(meter);
        return meter;
    }

    /// <summary>The names of the tags that an instrument's measurements had.</summary>
    public IEnumerable<string> TagsOf(string instrument) =>
        _tags.Keys.Where(pair => pair.Instrument == instrument).Select(static pair => pair.Tag).Order(StringComparer.Ordinal);

    /// <summary>What an instrument has recorded, added up for each combination of tags, written as <c>name=value</c>.</summary>
    public Dictionary<string, double> SumsOf(string instrument) => Of(instrument).ToDictionary(static group => group.Key, static group => group.Sum());

    /// <summary>How often an instrument has recorded something, for each combination of tags.</summary>
    public Dictionary<string, int> CountsOf(string instrument) => Of(instrument).ToDictionary(static group => group.Key, static group => group.Count());

    /// <summary>What an observed instrument says now.</summary>
    public Dictionary<string, double> Observe(string instrument)
    {
        _recorded.Clear();
        _listener!.RecordObservableInstruments();
        return SumsOf(instrument);
    }

    public void Dispose()
    {
        _listener?.Dispose();
        foreach (var meter in _meters)
        {
            meter.Dispose();
        }
    }

    private IEnumerable<IGrouping<string, double>> Of(string instrument) => _recorded
        .Where(record => record.Instrument == instrument)
        .GroupBy(static record => record.Tags, static record => record.Value);

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (name, _) in tags)
        {
            _tags[(instrument.Name, name)] = true;
        }

        _recorded.Enqueue((instrument.Name, value, string.Join(' ', tags.ToArray().Select(static tag => $"{tag.Key}={tag.Value}"))));
    }
}
