using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace Engine.Diagnostics;

/// <summary>
/// The engine's instruments. Problem: a process may have a hundred components, and whoever collects wants one instrument of a name, not a
/// hundred. Idea: components share the instruments, and those that are observed add up the components that live.
/// </summary>
/// <remarks>There is one for each meter factory that a user gives, and one of the process for all that are given none. They end with those.</remarks>
internal sealed class EngineMeter
{
    private static readonly ConditionalWeakTable<IMeterFactory, EngineMeter> s_ofFactories = [];
    private static readonly Lock s_gate = new();

    private EngineMeter(Meter meter)
    {
        Components = new ComponentInstruments(meter);
        Scheduler = new SchedulerInstruments(meter);
        Worker = new WorkerInstruments(meter);
    }

    /// <summary>The process's own.</summary>
    public static EngineMeter Own { get; } = new(new Meter(EngineTelemetry.SourceName, EngineTelemetry.Version));

    public ComponentInstruments Components { get; }

    public SchedulerInstruments Scheduler { get; }

    public WorkerInstruments Worker { get; }

    /// <summary>The instruments of a user's meter factory; null: those of the process.</summary>
    public static EngineMeter Of(IMeterFactory? factory)
    {
        if (factory is null)
        {
            return Own;
        }

        lock (s_gate) // The table may call twice for one factory, and observed instruments would be there twice.
        {
            return s_ofFactories.GetValue(
                factory, static factory => new EngineMeter(factory.Create(EngineTelemetry.SourceName, EngineTelemetry.Version)));
        }
    }
}
