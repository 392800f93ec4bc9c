using System.Buffers.Binary;
using Engine;

namespace GracefulShrink;

/// <summary>The tasks: what they give, how long they take, and how often each was run.</summary>
internal sealed class Workload
{
    /// <summary>More than travels with the news of a result: the values stay on the workers.</summary>
    public const int ValueBytes = 4096;

    private readonly ShrinkOptions _options;
    private readonly TimeProvider _time;
    private readonly TimeSpan[] _delays;
    private readonly int[] _runs;
    private readonly TaskCompletionSource _allStarted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _startedCount;

    public Workload(ShrinkOptions options, TimeProvider time)
    {
        (_options, _time, _runs) = (options, time, new int[options.Tasks]);
        var random = new Random(options.Seed);
        _delays = [.. Enumerable.Range(0, options.SlowTasks).Select(_ => options.SlowTaskTimeMax * random.NextDouble())];
    }

    /// <summary>Ends when each task has been started once: those that are slow run then.</summary>
    public Task AllStarted => _allStarted.Task;

    /// <summary>Runs of tasks that had been run before.</summary>
    public int RecomputedCount => _runs.Sum(static runs => Math.Max(0, Volatile.Read(ref runs) - 1));

    /// <summary>The function of the tasks.</summary>
    public async Task<byte[]> ComputeAsync(int number, TaskContext context)
    {
        var isFirst = Interlocked.Increment(ref _runs[number]) == 1;
        if (isFirst && Interlocked.Increment(ref _startedCount) == _runs.Length)
        {
            _allStarted.SetResult();
        }

        // Who runs a task again doesn't wait again: it is counted, and the one worker that is left would take minutes.
        var place = number - (_options.Tasks - _delays.Length);
        if (isFirst && place >= 0)
        {
            await Task.Delay(_delays[place], _time, context.Token);
        }

        return Value(number);
    }

    /// <summary>A value that can be told from the others.</summary>
    public static byte[] Value(int number)
    {
        var value = new byte[ValueBytes];
        Array.Fill(value, (byte)number);
        BinaryPrimitives.WriteInt32LittleEndian(value, number);
        return value;
    }

    public static bool IsValue(byte[] value, int number) => value.AsSpan().SequenceEqual(Value(number));
}
