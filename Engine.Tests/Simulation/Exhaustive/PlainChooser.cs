using Engine.Tests.Simulation.Chance;

namespace Engine.Tests.Simulation.Exhaustive;

/// <summary>Leaves nothing open but the order: nothing takes time, nothing fails by chance, and of several things it is the first.</summary>
internal sealed class PlainChooser(Order order) : IChooser
{
    private static readonly Dice s_dice = new PlainDice();

    public Order Order => order;

    public Dice At(Choice choice, ulong place) => s_dice;

    private sealed class PlainDice : Dice
    {
        public override int Below(int count) => 0;

        public override bool Percent(int percent) => false;

        public override bool OneIn(int count) => false;

        public override TimeSpan Between(TimeSpan least, TimeSpan most) => TimeSpan.Zero;
    }
}
