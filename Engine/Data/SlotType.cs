using System.Runtime.CompilerServices;
using Engine.Data.Serialization;

namespace Engine.Data;

/// <summary>Says what the eight bytes of a <see cref="DataValue"/> are, when a value needs no object of its own.</summary>
internal abstract class SlotType
{
    /// <summary>The type of the value in the slot.</summary>
    public abstract Type ValueType { get; }

    /// <summary>Its number on the wire, if it needs no serializer.</summary>
    public abstract PlainType Plain { get; }

    /// <summary>Bytes of the value.</summary>
    public abstract int Size { get; }

    /// <summary>See <see cref="TypeStamp"/>.</summary>
    public abstract ulong Stamp { get; }

    /// <summary>Makes an object of the value, for a reader that asks for another type.</summary>
    public abstract object Box(long bits);
}

internal sealed class SlotType<T> : SlotType
{
    public static readonly SlotType<T> Instance = new();

    private SlotType()
    {
    }

    /// <summary>Whether values of the type fit a slot. A constant for the compiler.</summary>
    public static bool Fits
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => !RuntimeHelpers.IsReferenceOrContainsReferences<T>() && Unsafe.SizeOf<T>() <= sizeof(long);
    }

    public override Type ValueType => typeof(T);

    public override PlainType Plain { get; } = PlainValue.SlotTypeOf(typeof(T));

    public override int Size => Unsafe.SizeOf<T>();

    public override ulong Stamp => TypeStamp<T>.Value;

    public override object Box(long bits) => Unsafe.ReadUnaligned<T>(ref Unsafe.As<long, byte>(ref bits))!;
}
