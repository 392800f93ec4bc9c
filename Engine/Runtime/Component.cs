using System.Runtime.CompilerServices;
using Engine.Diagnostics;
using Engine.Plugins.Transports;

namespace Engine.Runtime;

/// <summary>
/// The shell of a component: one loop that drains a mailbox in batches, feeds the core, and carries out what it decided.
/// </summary>
/// <remarks>
/// On a task scheduler of its own the loop never leaves it, and each step is one that it decides to run; no <c>Task.Run</c>, so that a
/// seeded scheduler can drive it.
/// On the pool's it may run on a poster's thread, which it leaves after some turns: nobody is kept for longer than that.
/// </remarks>
/// <param name="meter">Measures it.</param>
/// <param name="kind">Which kind of component it is, for telemetry.</param>
internal abstract class Component(EngineMeter meter, string kind)
{
    private const int MessagesPerTurn = 64;
    private const int TurnsPerYield = 32;
    private const int GuestsPerTurn = 16;

    // How many turns this thread is within, and how many components it has run within the outermost.
    [ThreadStatic]
    private static int s_depth;

    [ThreadStatic]
    private static int s_guests;

    private Task _loop = Task.CompletedTask;
    private bool _hasOwnScheduler;

    /// <summary>Where its messages arrive.</summary>
    public Mailbox Inbox { get; } = new(meter.Components, kind);

    /// <summary>Ends when the component has ended, however it ended.</summary>
    public Task Completion => _loop;

    /// <summary>Measures it.</summary>
    protected EngineMeter Meter => meter;

    protected void Start(TaskScheduler scheduler)
    {
        _hasOwnScheduler = scheduler != TaskScheduler.Default;
        meter.Components.Add(Inbox, kind);
        _loop = Task.Factory.StartNew(RunAsync, CancellationToken.None, TaskCreationOptions.None, scheduler).Unwrap();
    }

    /// <summary>Handles what waits, up to a bound, as one step. Says whether there was anything.</summary>
    internal bool TakeTurn()
    {
        var taken = 0;
        s_depth++;
        try
        {
            while (taken < MessagesPerTurn && Inbox.TryTake(out var envelope))
            {
                Handle(envelope);
                taken++;
            }

            if (taken > 0)
            {
                EndTurn();
            }
        }
        finally
        {
            if (--s_depth == 0)
            {
                s_guests = 0;
            }
        }

        return taken > 0;
    }

    /// <summary>Whether the component whose turn posted to this one has run enough others: one that tells hundreds must not run them all.</summary>
    private static bool IsGuestTooMany() => s_depth > 0 && ++s_guests > GuestsPerTurn;

    /// <summary>Takes one message into the step.</summary>
    protected abstract void Handle(in Envelope envelope);

    /// <summary>Ends the step: the core settles, its instructions are carried out. Must not wait.</summary>
    protected abstract void EndTurn();

    /// <summary>The core or the shell threw: a bug. Releases everybody who waits for the component.</summary>
    protected abstract void Fail(Exception exception);

    private ConfiguredTaskAwaitable YieldAsync() => Task.CompletedTask.ConfigureAwait(_hasOwnScheduler
        ? ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.ContinueOnCapturedContext
        : ConfigureAwaitOptions.ForceYielding);

    private async Task RunAsync()
    {
        try
        {
#pragma warning disable RS0030 // A plain await on a poster's thread would catch the poster's context, and the loop would go on in it.
            while (await Inbox.WaitAsync().ConfigureAwait(_hasOwnScheduler))
#pragma warning restore RS0030
            {
                if (_hasOwnScheduler || IsGuestTooMany())
                {
                    await YieldAsync();
                }

                for (var turn = 1; TakeTurn(); turn++)
                {
                    if (turn % TurnsPerYield == 0)
                    {
                        await YieldAsync();
                    }
                }
            }
        }
#pragma warning disable CA1031 // The border of the component: whatever went wrong, those who wait are released.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Inbox.Complete();
            try
            {
                Fail(exception);
            }
            finally
            {
                while (Inbox.TryTake(out var unread))
                {
                    unread.Connection?.Close(new Disconnect(DisconnectKind.Aborted, $"the component failed: {exception.Message}"));
                }
            }
        }
        finally
        {
            meter.Components.Remove(Inbox);
        }
    }
}
