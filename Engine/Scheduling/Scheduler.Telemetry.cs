using Engine.Diagnostics;
using Engine.Plugins;
using Engine.Runtime;
using Engine.Scheduling.Machine;

namespace Engine.Scheduling;

/// <content>What is measured of it, and traced.</content>
internal sealed partial class Scheduler
{
    private readonly SchedulerGauges _gauges = new();

    protected override void Handle(in Envelope envelope)
    {
        if (!Meter.Scheduler.Stimuli.Enabled)
        {
            Take(envelope);
            return;
        }

        var start = _time.GetTimestamp();
        var stimulus = envelope.Message?.GetType().Name ?? "Disconnected"; // The message may be another's when it has been taken.
        Take(envelope);
        Record(start, stimulus);
    }

    private void Settle()
    {
        if (!Meter.Scheduler.Stimuli.Enabled)
        {
            _machine.Settle();
            return;
        }

        var start = _time.GetTimestamp();
        _machine.Settle();
        Record(start, nameof(Settle));
    }

    private void Record(long start, string stimulus) => Meter.Scheduler.Stimuli.Record(
        _time.GetElapsedTime(start).TotalSeconds, new KeyValuePair<string, object?>(Tags.Stimulus, stimulus));

    /// <summary>Measures what the step has done, before anybody is told: who is told and then looks finds it measured.</summary>
    private void Measure()
    {
        _gauges.Tell(_machine.TaskCounts);
        var happened = _outbox.Happened;
        for (var i = 0; i < happened.Count; i++)
        {
            switch (happened[i])
            {
                case WorkerAdded added:
                    _gauges.Tell(added.Worker.Status, 1);
                    Meter.Scheduler.Joined();
                    break;
                case WorkerStatusChanged changed:
                    _gauges.Tell(changed.Before, -1);
                    _gauges.Tell(changed.Worker.Status, 1);
                    break;
                case WorkerRemoved removed:
                    _gauges.Tell(removed.Worker.Status, -1);
                    Meter.Scheduler.Left(removed);
                    break;
                case RetirementEnded { Row: var row }:
                    Meter.Scheduler.Retired(row);
                    EngineActivities.Retired(row, _time);
                    break;
            }
        }
    }
}
