using Engine.Data;

namespace Engine.Tests.Data;

public sealed class SizeOfTests
{
    private const int Header = 24;

    public static TheoryData<object?, long> Known => new()
    {
        { null, 8 },
        { "four", Header + 8 },
        { new byte[100], Header + 100 },
        { new double[100], Header + 800 },
        { new double[10, 20], Header + 1600 },
        { new Guid[10], Header + 160 },
        { new DayOfWeek[10], Header + 40 },
        { new object[10], Header + 80 },
        { new string?[] { "four", null }, Header + 16 + Header + 8 },
        { new int[]?[] { new int[5], null }, Header + 16 + Header + 20 },
        { new Sized[] { new(1000), new(-1) }, Header + 16 + 1000 + SizeOf.Unknown },
        { new Memory<byte>(new byte[100]), Header + 100 },
        { new ReadOnlyMemory<byte>(new byte[100], 10, 20), Header + 20 },
        { new List<double> { 1, 2 }, (2 * Header) + 16 },
        { new List<object> { 1, 2 }, SizeOf.Unknown },
        { new object(), SizeOf.Unknown },
        { new Sized(1L << 40), 1L << 40 },
        { new Sized(0), 0 },
        { new Sized(-1), SizeOf.Unknown },
        { new Sized(null), SizeOf.Unknown },
    };

    [Theory]
    [MemberData(nameof(Known), DisableDiscoveryEnumeration = true)]
    public void A_value_is_measured(object? value, long bytes) => Assert.Equal(bytes, SizeOf.Measure(DataValue.From(value)));

    [Fact]
    public void A_value_in_a_slot_takes_the_slot()
    {
        Assert.Equal(SizeOf.Slot, SizeOf.Measure(DataValue.From(1)));
        Assert.Equal(SizeOf.Slot, SizeOf.Measure(DataValue.From(2.5)));
    }

    /// <summary>Says what it was told to say; null: throws.</summary>
    private sealed class Sized(long? bytes) : ISizeOf
    {
        public long SizeInBytes => bytes ?? throw new InvalidOperationException("it doesn't know");
    }
}
