using System.Globalization;
using Engine.Plugins;

namespace CloudManager;

/// <summary>Prints who joins and who leaves, as the scheduler tells its plugins.</summary>
internal sealed class EventPrinter(TextWriter output, TimeProvider time) : SchedulerPlugin
{
    private readonly long _start = time.GetTimestamp();

    public override void AddWorker(WorkerAdded added) => Print($"joined   {added.Worker.Id} ({added.Worker.Name}) on {added.Worker.Host}");

    public override void RemoveWorker(WorkerRemoved removed) => Print(
        $"left     {removed.Worker.Id} ({removed.Worker.Name}) on {removed.Worker.Host}: {removed.Reason}, {(removed.IsExpected ? "expected" : "unexpected")}, "
        + $"moved {removed.Moved.Count}, lost {removed.Lost.Count}, to compute again {removed.Recomputed.Count}");

    public override void LogEvent(string topic, object? content)
    {
        // A worker that is no member any more has sent a heartbeat, and is told so.
        if (content is string text && text.Contains(" is missing: ", StringComparison.Ordinal))
        {
            Print($"missing  {text}");
        }
    }

    /// <summary>The cloud has taken a machine that was returned.</summary>
    public void Reclaimed(Machine machine) => Print($"taken    {machine.Id}");

    private void Print(string text) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {time.GetElapsedTime(_start).TotalSeconds,6:0.000} s  {text}"));
}
