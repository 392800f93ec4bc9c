using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Engine.Plugins.Transports;
using Engine.Runtime;

namespace Engine.Diagnostics;

/// <summary>What all components have in common: mailboxes and connections.</summary>
internal sealed class ComponentInstruments
{
    private readonly ConcurrentDictionary<Mailbox, string> _mailboxes = [];
    private readonly Counter<long> _closed;

    public ComponentInstruments(Meter meter)
    {
        meter.CreateObservableUpDownCounter("engine.component.mailbox.depth", ObserveDepths, "{message}", "Messages that wait for components.");
        _closed = meter.CreateCounter<long>("engine.connection.closed", "{connection}", "Connections that have ended, counted at each of their ends.");
    }

    /// <summary>A component lives from now on.</summary>
    public void Add(Mailbox mailbox, string component) => _mailboxes.TryAdd(mailbox, component);

    /// <summary>It has ended.</summary>
    public void Remove(Mailbox mailbox) => _mailboxes.TryRemove(mailbox, out _);

    /// <summary>One end of a connection has been told that it is over.</summary>
    public void Closed(string component, DisconnectKind reason) =>
        _closed.Add(1, new(Tags.Component, component), new(Tags.CloseReason, Enum.GetName(reason)));

    private IEnumerable<Measurement<long>> ObserveDepths() => _mailboxes
        .GroupBy(static pair => pair.Value, static pair => pair.Key.Depth)
        .Select(static depths => new Measurement<long>(depths.Sum(), new KeyValuePair<string, object?>(Tags.Component, depths.Key)));
}
