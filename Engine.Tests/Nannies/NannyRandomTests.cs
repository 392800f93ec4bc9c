using Engine.Nannies.Machine;
using Engine.Protocol;
using Engine.Tests.TestKit.Machines;

namespace Engine.Tests.Nannies;

/// <summary>A nanny among events in any order. The fixture asserts what must never happen; here is what must.</summary>
public sealed class NannyRandomTests
{
    private static readonly NannySettings s_settings = new()
    {
        RestartsMax = 20,
        RestartWindow = TimeSpan.FromSeconds(60),
        KillGrace = TimeSpan.FromSeconds(5),
        DeathTimeout = TimeSpan.FromSeconds(30),
        Lifetime = TimeSpan.FromSeconds(20),
        LifetimeRestart = true,
        TerminateBytes = 100,
    };

    private static readonly CloseReason[] s_reasons = Enum.GetValues<CloseReason>();

    [Fact]
    public void Whatever_happens_there_is_one_worker_at_a_time_retired_means_final_and_a_close_ends_it()
    {
        for (var seed = 1; seed <= 3_000; seed++)
        {
            try
            {
                Play(new Random(seed));
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed} fails: {exception.Message}", exception);
            }
        }
    }

    private static void Play(Random random)
    {
        var nanny = new NannyFixture(s_settings);
        var (isConnected, isRetired) = (false, false);
        nanny.Start();
        for (var step = 0; step < 60 && nanny.Ended is null; step++)
        {
            var (before, had) = (nanny.Number, nanny.Alive);
            isConnected = Happen(nanny, random, isConnected, ref isRetired);
            if (had != 0 && nanny.Alive != had && isRetired)
            {
                Assert.True(nanny.Ended is not null, "a retired worker's end is its nanny's");
            }

            if (nanny.Number != before)
            {
                Assert.True(isConnected, "nobody is started while the scheduler is away");
                isRetired = false;
            }
        }

        nanny.Close(s_reasons[random.Next(s_reasons.Length)]);
        if (random.Next(3) > 0 && nanny is { Alive: not 0, Ended: null })
        {
            nanny.Advance(TimeSpan.FromSeconds(random.Next(10)));
            if (nanny.Ended is null)
            {
                nanny.Exit(Reason(random));
            }
        }

        nanny.Advance(TimeSpan.FromSeconds(11)); // Stop, kill, nothing seen.
        Assert.True(nanny.Ended is not null, "a close ends in an end");
        var last = nanny.Order.Count;
        for (var step = 0; step < 10; step++)
        {
            Happen(nanny, random, isConnected, ref isRetired); // What is late.
        }

        Assert.Equal(last, nanny.Order.Count);
        Assert.Contains(nanny.Machine.Status, new[] { Status.Closed, Status.Failed });
        Assert.Null(nanny.Machine.NextDeadline);
    }

    private static bool Happen(NannyFixture nanny, Random random, bool isConnected, ref bool isRetired)
    {
        long? number = random.Next(5) == 0 ? nanny.Number - 1 : null; // What is late names an older worker.
        var isCurrent = number is null && nanny.Alive == nanny.Number && nanny.Machine.Worker == NannyFixture.Incarnation(nanny.Number);
        switch (random.Next(14))
        {
            case 0 or 1 when nanny.IsConnecting:
                nanny.Register();
                return true;
            case 2 when nanny.IsConnecting && random.Next(20) == 0:
                nanny.Refuse();
                return false;
            case 3 when isConnected || nanny.IsConnecting:
                nanny.Lose(isOrderly: random.Next(20) == 0);
                return false;
            case 4 or 5 when nanny.Alive == nanny.Number && nanny.Machine.Worker.Number == 0:
                nanny.Run();
                break;
            case 6 when nanny.Alive == nanny.Number && nanny.Machine.Worker.Number == 0:
                nanny.FailStart(reason: random.Next(2) == 0 ? CloseReason.StartFailed : CloseReason.Refused);
                break;
            case 7:
                nanny.Exit(Reason(random), number);
                break;
            case 8:
                nanny.Announce(Reason(random), number);
                break;
            case 9:
                var intent = (NannyIntent)random.Next(4);
                isRetired = isCurrent ? intent is NannyIntent.Retire or NannyIntent.Close : isRetired;
                nanny.Tell(intent, Reason(random), number);
                break;
            case 10:
                nanny.Measure(random.Next(110), number);
                break;
            case 11:
                nanny.EndRetirement(random.Next(2) == 0, number);
                break;
            default:
                nanny.Advance(TimeSpan.FromSeconds(random.Next(6)));
                break;
        }

        return isConnected;
    }

    private static CloseReason Reason(Random random) => s_reasons[random.Next(s_reasons.Length)];
}
