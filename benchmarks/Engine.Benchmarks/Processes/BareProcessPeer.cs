using System.Diagnostics;

namespace Engine.Benchmarks.Processes;

/// <summary>This program, started as often as there are workers, and doing nothing: what .NET takes for a start.</summary>
internal sealed class BareProcessPeer() : Contender("bare .NET processes")
{
    public const string ServerKind = "nothing";

    public override bool Supports(Scenario scenario) => scenario.Shape == Shape.Start;

    public override Func<Task<object>> Prepare(Shape shape, int size) => throw Unsupported(shape);

    public override async Task<Sample[]> LifecycleAsync(Shape shape, int size)
    {
        var start = Stopwatch.GetTimestamp();
        var processes = await PeerProcess.StartManyAsync(size, ServerKind);
        var ready = Stopwatch.GetElapsedTime(start);
        Sample[] samples = [new("ms", ready.TotalMilliseconds), .. ChildMemory.Samples(size)];
        foreach (var process in processes)
        {
            process.Dispose();
        }

        return samples;
    }
}
