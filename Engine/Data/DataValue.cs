using System.Runtime.CompilerServices;
using Engine.Data.Serialization;

namespace Engine.Data;

/// <summary>
/// A task's result or literal input: a reference, or a small value in a slot of eight bytes, so that numbers cost no
/// object each.
/// </summary>
internal readonly struct DataValue
{
    private readonly object? _reference;
    private readonly long _bits;

    private DataValue(object? reference, long bits) => (_reference, _bits) = (reference, bits);

    /// <summary>The type of the value, or null for a null.</summary>
    public Type? ValueType => _reference is SlotType slot ? slot.ValueType : (_reference is SerializedValue value ? value.Object ?? value : _reference)?.GetType();

    /// <summary>Whether the value lies in the slot and needs no object.</summary>
    public bool IsSlot => _reference is SlotType;

    /// <summary>The value as an object; a value in a slot is boxed. One that arrived as bytes is that until somebody has read it as something.</summary>
    public object? Boxed => _reference switch
    {
        SlotType slot => slot.Box(_bits),
        SerializedValue serialized => serialized.Object ?? serialized,
        _ => _reference,
    };

    /// <summary>Whether it needs no serializer to leave the process.</summary>
    public bool IsPlain => PlainType != PlainType.None;

    /// <summary>What it is on the wire, if it needs no serializer.</summary>
    public PlainType PlainType => _reference switch
    {
        null => PlainType.Null,
        SlotType slot => slot.Plain,
        string => PlainType.Text,
        byte[] => PlainType.Bytes,
        Guid => PlainType.Guid,
        decimal => PlainType.Decimal,
        _ => PlainType.None,
    };

    /// <summary>For the wire: what the value refers to. A <see cref="SlotType"/>, if it lies in the slot.</summary>
    public object? Reference => _reference;

    /// <summary>For the wire: what lies in the slot.</summary>
    public long Bits => _bits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DataValue From<T>(T value)
    {
        if (!SlotType<T>.Fits)
        {
            return new DataValue(value, 0);
        }

        long bits = 0;
        Unsafe.WriteUnaligned(ref Unsafe.As<long, byte>(ref bits), value);
        return new DataValue(SlotType<T>.Instance, bits);
    }

    /// <summary>Reads the value as a <typeparamref name="T"/>.</summary>
    /// <exception cref="ResultTypeException">The value is of another type.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Get<T>()
    {
        if (SlotType<T>.Fits && ReferenceEquals(_reference, SlotType<T>.Instance))
        {
            var bits = _bits;
            return Unsafe.ReadUnaligned<T>(ref Unsafe.As<long, byte>(ref bits));
        }

        return GetSlow<T>();
    }

    private T GetSlow<T>()
    {
        if (_reference is SerializedValue serialized)
        {
            return serialized.Get<T>();
        }

        var value = Boxed;
        if (value is T typed)
        {
            return typed;
        }

        if (value is null && default(T) is null)
        {
            return default!; // T admits null, as the line above has found.
        }

        throw new ResultTypeException(
            $"The value is {(value is null ? "null" : $"a {value.GetType()}")}, not a {typeof(T)}. Ask for the type that the task returns.");
    }
}
