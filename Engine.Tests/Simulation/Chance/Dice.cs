namespace Engine.Tests.Simulation.Chance;

/// <summary>What a choice decides; a chooser may treat kinds differently.</summary>
internal enum Choice : byte
{
    /// <summary>How long something takes: a message, a function, a start.</summary>
    Delay,

    /// <summary>Which of several events that are due at the same time comes first, where an <see cref="Chance.Order"/> throws dice.</summary>
    Order,

    /// <summary>How something turns out: a start fails, a file can't be read.</summary>
    Outcome,

    /// <summary>What a step of the plan does.</summary>
    Plan,
}

/// <summary>Where all that is left to chance is decided: nothing else in a simulated world is open.</summary>
internal interface IChooser
{
    /// <summary>The dice of a place. Places don't share dice, so that what happens at one leaves the others as they are.</summary>
    /// <param name="choice">What they decide.</param>
    /// <param name="place">A number that only this place has.</param>
    Dice At(Choice choice, ulong place);

    /// <summary>What comes first of what is due at the same time.</summary>
    Order Order { get; }
}

/// <summary>Makes one choice after the other.</summary>
internal abstract class Dice
{
    /// <summary>One of so many possibilities, counted from 0.</summary>
    public abstract int Below(int count);

    public virtual bool Percent(int percent) => percent > 0 && Below(100) < percent;

    public virtual bool OneIn(int count) => count > 0 && Below(count) == 0;

    public T Of<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>A time from one to the other, by microseconds.</summary>
    public virtual TimeSpan Between(TimeSpan least, TimeSpan most) =>
        most <= least ? least : least + TimeSpan.FromMicroseconds(Below((int)Math.Min(int.MaxValue, (most - least).TotalMicroseconds)));

    public TimeSpan Milliseconds(int least, int most) => Between(TimeSpan.FromMilliseconds(least), TimeSpan.FromMilliseconds(most));
}
