using Engine.Plugins.Transports;

namespace Engine.Tests.Simulation;

/// <summary>A number that stands for all that has happened, in order (FNV-1a, 64 bits); and the story itself, if somebody wants it.</summary>
internal sealed class Tracer(World world, bool keepsStory)
{
    private const ulong Prime = 1099511628211;

    public ulong Hash { get; private set; } = 14695981039346656037;

    public List<string> Story { get; } = [];

    public void Add(string what, ulong who, ulong more)
    {
        foreach (var letter in what)
        {
            Mix(letter);
        }

        Mix(who);
        Mix(more);
        Mix((ulong)world.Now.Ticks);
        if (keepsStory)
        {
            Tell($"{what} {world.NameOf(who)} {world.NameOf(more)}");
        }
    }

    public void Add(string what, TaskKey key, long more = 0)
    {
        Add(what, key.Value, (ulong)more);
    }

    public void Add(Message message, long worker) => Add(message.GetType().Name, (ulong)worker, 0);

    /// <summary>For people only.</summary>
    public void Tell(string line)
    {
        if (keepsStory)
        {
            Story.Add($"{world.StepCount,6} {world.Now.TotalMilliseconds,10:0.000} {line}");
        }
    }

    private void Mix(ulong value) => Hash = unchecked((Hash ^ value) * Prime);
}
