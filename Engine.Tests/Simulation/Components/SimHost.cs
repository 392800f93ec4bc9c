using Engine.Nannies.Machine;
using Engine.Plugins;
using Engine.Tests.Simulation.Chance;

namespace Engine.Tests.Simulation.Components;

/// <summary>What starts the processes of a host again when they have ended, beside the engine.</summary>
internal enum Watchdog
{
    None,

    /// <summary>It starts again what did not end for good, as its exit code says.</summary>
    Attentive,

    /// <summary>It starts everything again, whatever it ended by.</summary>
    Stubborn,
}

/// <summary>A machine that runs a worker, with a nanny or without, and maybe a watchdog.</summary>
internal sealed class SimHost(World world, ulong place, string? workerName, bool hasNanny, Watchdog watchdog)
{
    private const int RestartsMax = 3;
    private readonly Dice _dice = world.Chooser.At(Choice.Outcome, place);
    private SimNanny? _nanny;
    private SimProcess? _process;
    private ulong _processes;
    private int _restarts;

    /// <summary>What its workers and nannies say that their host is; null: nothing.</summary>
    public string? Label { get; } = LabelOf(world, place, watchdog);

    /// <summary>A number that only it has.</summary>
    public ulong Place => place;

    public bool IsUp { get; private set; } = true;

    public SimNanny? Nanny => _nanny is { IsAlive: true } ? _nanny : null;

    public SimWorker? Worker => _nanny is null ? _process?.Current : _nanny.Worker;

    /// <summary>Told once when nothing runs on it any more and nothing will.</summary>
    public Action? Ended { get; set; }

    public void Start()
    {
        if (!IsUp)
        {
            return;
        }

        if (hasNanny)
        {
            var number = SplitMix.Mix(place, ++_processes);
            _nanny = new SimNanny(world, number, $"nanny {world.Nannies.Count + 1}", this);
            world.Nannies.Add(_nanny);
        }
        else
        {
            _process = StartWorker(null, 0, (_, reason, _) => OnProcessEnded(reason));
        }
    }

    /// <summary>A worker process starts, for its nanny or without one.</summary>
    public SimProcess StartWorker(SimNanny? nanny, long number, Action<SimProcess, CloseReason, string> exited)
    {
        var name = workerName ?? $"w{_dice.Below(world.Settings.WorkerNames)}";
        var process = new SimProcess(world, nanny, number, exited);
        process.Start(new SimWorker(world, SplitMix.Mix(place, ++_processes), name, world.FreeAddress(_dice), world.Settings.NextWorker(_dice), process)
        {
            HostLabel = Label,
        });
        return process;
    }

    public void OnNannyEnded(SimNanny nanny, CloseReason reason)
    {
        if (nanny == _nanny)
        {
            OnProcessEnded(reason);
        }
    }

    /// <summary>The machine is taken away: nobody on it says anything more.</summary>
    public void PowerOff()
    {
        if (IsUp)
        {
            IsUp = false;
            _nanny?.Die(isHostGone: true);
            _process?.Die(isHostGone: true);
            Ended?.Invoke();
        }
    }

    private void OnProcessEnded(CloseReason reason)
    {
        var isFinal = watchdog == Watchdog.None
            || (watchdog == Watchdog.Attentive && CloseTable.ActionOf(reason) == NannyAction.CloseTogether)
            || _restarts++ >= RestartsMax;
        if (!IsUp)
        {
            return;
        }

        if (isFinal)
        {
            IsUp = false;
            Ended?.Invoke();
        }
        else
        {
            world.Agenda.After(_dice.Milliseconds(1, 30), Start, group: 0);
        }
    }

    /// <summary>A watchdog's host has a label of its own. Others may have one, which several may share.</summary>
    private static string? LabelOf(World world, ulong place, Watchdog watchdog)
    {
        var dice = world.Chooser.At(Choice.Outcome, place + 1);
        return watchdog != Watchdog.None ? $"host{world.Hosts.Count}"
            : dice.Percent(30) ? $"shared{dice.Below(2)}"
            : null;
    }
}
