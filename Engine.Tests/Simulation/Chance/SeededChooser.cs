namespace Engine.Tests.Simulation.Chance;

/// <summary>Chooses by a seed: the same on every machine, in every version of .NET.</summary>
internal sealed class SeededChooser(ulong seed) : IChooser
{
    private Order? _order;

    public Order Order => _order ??= new SeededOrder(At(Choice.Order, 0));

    public Dice At(Choice choice, ulong place) => new SeededDice(SplitMix.Mix(SplitMix.Mix(seed, (ulong)choice + 1), place));

    private sealed class SeededDice(ulong state) : Dice
    {
        private ulong _state = state;

        public override int Below(int count) => (int)((SplitMix.Next(ref _state) >> 32) * (ulong)count >> 32);
    }
}
