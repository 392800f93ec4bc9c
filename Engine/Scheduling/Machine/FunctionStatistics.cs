namespace Engine.Scheduling.Machine;

/// <summary>Expected durations by function: exponential average, weight one half. dask: <c>TaskPrefix.duration_average</c>.</summary>
internal sealed class FunctionStatistics(double unknownSeconds)
{
    /// <summary>Functions that are observed; of others nothing is known.</summary>
    private const int FunctionsMax = 1 << 20;

    private float[] _seconds = new float[64]; // 0: never seen.

    /// <summary>Seconds that a task of the function is expected to run.</summary>
    public float Expected(int function) =>
        function < _seconds.Length && _seconds[function] is > 0 and var seconds ? seconds : (float)unknownSeconds;

    public void Observe(int function, float seconds)
    {
        if (function >= FunctionsMax)
        {
            return;
        }

        if (function >= _seconds.Length)
        {
            Array.Resize(ref _seconds, Math.Max(function + 1, _seconds.Length * 2));
        }

        ref var average = ref _seconds[function];
        seconds = Math.Max(seconds, 1e-9f);
        average = average > 0 ? (average + seconds) / 2 : seconds;
    }
}
