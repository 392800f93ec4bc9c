using Engine.Tests.Simulation.Chance;
using Engine.Tests.Simulation.Components;
using Engine.Tests.Simulation.Plans;
using Engine.Tests.Simulation.Time;

namespace Engine.Tests.Simulation.Network;

/// <summary>How messages travel: late, in order within a lane, in any order between lanes and connections.</summary>
internal sealed class SimNetwork(Agenda agenda, IChooser chooser, SimSettings settings)
{
    private const int TailPercent = 6;
    private const int TailFactor = 20;
    private TimeSpan _slowUntil;

    public Agenda Agenda => agenda;

    public IChooser Chooser => chooser;

    public SimLink Connect(SimComponent near, SimComponent far) => new(this, near, far, near.NextPlace());

    /// <summary>How long a message takes: most of them about as long as others, some much longer.</summary>
    public TimeSpan Delay(Dice dice)
    {
        var most = settings.Latency * (agenda.Now < _slowUntil ? TailFactor : 1);
        return dice.Between(TimeSpan.FromMicroseconds(1), dice.Percent(TailPercent) ? most * TailFactor : most);
    }

    /// <summary>Everything takes longer for a while.</summary>
    public void SlowDown(TimeSpan time) => _slowUntil = agenda.Now + time;
}
