using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Engine.Tests.TestKit.Shells;

/// <summary>
/// Real shells on one thread: a seed decides which task runs next, and time goes on when nothing can run, or now and then before that.
/// Nothing happens by itself, so a seed is a schedule.
/// </summary>
[SuppressMessage("Security", "CA5394", Justification = "The order is to be repeatable, not secret.")]
internal sealed class ShellWorld
{
    private const int StepsMax = 1_000_000;
    private const int StepsBetweenHastyTimers = 64;
    private static readonly TimeSpan s_timeMax = TimeSpan.FromDays(1);
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly Random _random;
    private readonly bool _isHasty;
    private string? _stray;

    /// <param name="seed">Names the schedule; null: what comes first is run first.</param>
    /// <param name="isHasty">Whether timers may fire while tasks wait, as they do on a busy machine.</param>
    public ShellWorld(int? seed, bool isHasty)
    {
        (_random, _isHasty) = (new Random(seed ?? 0), isHasty);
        Tasks = new SeededTaskScheduler(seed, OnQueued);
    }

    /// <summary>Where everything runs.</summary>
    public SeededTaskScheduler Tasks { get; }

    public VirtualClock Clock { get; } = new();

    /// <summary>Runs a program to its end, and then what it left: functions that ignore their token, for one, end in their own time.</summary>
    /// <exception cref="InvalidOperationException">It hangs, or something of it ran elsewhere.</exception>
    public void Run(Func<Task> program)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null); // Awaits would prefer it to the scheduler.
        try
        {
            var run = Task.Factory.StartNew(program, CancellationToken.None, TaskCreationOptions.None, Tasks).Unwrap();
            while (TryStep())
            {
                // One after the other.
            }

            if (_stray is not null)
            {
                throw new InvalidOperationException($"Another thread had a part in it:\n{_stray}");
            }

            if (!run.IsCompleted)
            {
                throw new InvalidOperationException($"It hangs at {Clock.Now}: nothing can run, and no timer is set.");
            }

            run.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private bool TryStep()
    {
        if (_isHasty && _random.Next(StepsBetweenHastyTimers) == 0)
        {
            Clock.TryAdvance();
        }

        if (Tasks.RunCount > StepsMax || Clock.Now > s_timeMax)
        {
            throw new InvalidOperationException($"It does not end: {Tasks.RunCount} steps, {Clock.Now}.");
        }

        return Tasks.TryRunNext() || Clock.TryAdvance();
    }

    private void OnQueued()
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            _stray ??= new StackTrace(fNeedFileInfo: true).ToString();
        }
    }
}
