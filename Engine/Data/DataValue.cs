using System.Runtime.CompilerServices;

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
    public Type? ValueType => _reference is SlotType slot ? slot.ValueType : _reference?.GetType();

    /// <summary>Whether the value lies in the slot and needs no object.</summary>
    public bool IsSlot => _reference is SlotType;

    /// <summary>The value as an object; a value in a slot is boxed.</summary>
    public object? Boxed => _reference is SlotType slot ? slot.Box(_bits) : _reference;

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
