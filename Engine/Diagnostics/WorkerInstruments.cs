using System.Diagnostics.Metrics;
using Engine.Protocol;
using Engine.Workers.Machine;

namespace Engine.Diagnostics;

/// <summary>What is measured at workers: how long functions run, and how much is passed on.</summary>
internal sealed class WorkerInstruments
{
    private readonly Histogram<double> _durations;
    private readonly Counter<long> _transfers;

    public WorkerInstruments(Meter meter)
    {
        _durations = meter.CreateHistogram("engine.worker.task.duration", "s", "How long functions of tasks ran.", advice: Durations.Buckets);
        _transfers = meter.CreateCounter<long>("engine.worker.transfer.io", "By", "Bytes of values that workers sent and received, as measured.");
    }

    /// <summary>Whether somebody wants to know how long functions run. To be asked once for many.</summary>
    public bool WantsDurations => _durations.Enabled;

    /// <summary>A function has ended; before its result is the machine's. Of several elements each is told with the mean.</summary>
    public void Ran(in ExecutionResult result)
    {
        var tag = new KeyValuePair<string, object?>(Tags.TaskPrefix, result.Task.Work?.Function.Name);
        for (var count = result.Done + (result.Error is null ? 0 : 1); count > 0; count--)
        {
            _durations.Record(result.Seconds, tag);
        }
    }

    public void Sent(DataReply reply) => Count(reply, "transmit");

    public void Received(DataReply reply) => Count(reply, "receive");

    private void Count(DataReply reply, string direction)
    {
        if (!_transfers.Enabled)
        {
            return;
        }

        var bytes = 0L;
        foreach (ref readonly var entry in reply.Entries.AsSpan())
        {
            bytes += entry.Found ? entry.NBytes : 0;
        }

        if (bytes > 0)
        {
            _transfers.Add(bytes, new KeyValuePair<string, object?>(Tags.Direction, direction));
        }
    }
}
