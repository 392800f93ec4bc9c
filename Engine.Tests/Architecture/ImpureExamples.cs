// What PurityTests must catch, and at the end what it must let pass.
namespace Engine.Tests.Architecture.Examples.Machine;

internal sealed class HasATaskInAField
{
    public List<Task> Running { get; } = [];
}

internal sealed class AwaitsInALambda
{
    public Action Go() => static async () => await Task.Yield();
}

internal sealed class CallsAClock
{
    public long Now(object clock) => ((TimeProvider)clock).GetTimestamp();
}

internal sealed class Holder
{
    internal struct HasATimerInside
    {
        public Timer? Timer { get; set; }
    }
}

internal sealed class Locks
{
    public object Guard()
    {
        lock (this)
        {
            return this;
        }
    }
}

internal sealed class TakesALock
{
    private readonly Lock _gate = new();

    public bool Try() => _gate.TryEnter();
}

internal sealed class NamesATaskAsATypeArgument
{
    public object None() => Array.Empty<Dictionary<string, Task[]>>();
}

internal sealed class ReadsAFileInAnIterator
{
    public IEnumerable<string> Lines()
    {
        yield return File.ReadAllText("file");
    }
}

internal sealed class StartsAThread
{
    public void Go(Action work) => new Thread(work.Invoke).Start();
}

internal sealed class IsPure
{
    public TimeSpan Elapsed(DateTimeOffset from, DateTimeOffset to) => to - from;
}
