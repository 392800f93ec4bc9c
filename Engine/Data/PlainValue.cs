using System.Diagnostics.CodeAnalysis;

namespace Engine.Data;

/// <summary>The types whose values need no serializer: each has a number on the wire.</summary>
internal enum PlainType : byte
{
    /// <summary>None of them.</summary>
    None,
    Null,
    Int32,
    Int64,
    Double,
    Boolean,
    Byte,
    SByte,
    Int16,
    UInt16,
    UInt32,
    UInt64,
    Single,
    Char,
    DateTime,
    TimeSpan,
    Decimal,
    Guid,
    Text,
    Bytes,
}

/// <summary>Tells plain values from others.</summary>
internal static class PlainValue
{
    /// <summary>The number of a type that fits a slot.</summary>
    public static PlainType SlotTypeOf(Type type) =>
        type == typeof(int) ? PlainType.Int32
        : type == typeof(long) ? PlainType.Int64
        : type == typeof(double) ? PlainType.Double
        : type == typeof(bool) ? PlainType.Boolean
        : type == typeof(byte) ? PlainType.Byte
        : type == typeof(sbyte) ? PlainType.SByte
        : type == typeof(short) ? PlainType.Int16
        : type == typeof(ushort) ? PlainType.UInt16
        : type == typeof(uint) ? PlainType.UInt32
        : type == typeof(ulong) ? PlainType.UInt64
        : type == typeof(float) ? PlainType.Single
        : type == typeof(char) ? PlainType.Char
        : type == typeof(DateTime) ? PlainType.DateTime
        : type == typeof(TimeSpan) ? PlainType.TimeSpan
        : PlainType.None;

    /// <summary>A boxed plain value as it is when it is not boxed.</summary>
    public static bool TryUnbox(object value, [NotNullWhen(true)] out DataValue plain)
    {
        plain = value switch
        {
            int number => DataValue.From(number),
            long number => DataValue.From(number),
            double number => DataValue.From(number),
            bool truth => DataValue.From(truth),
            byte number => DataValue.From(number),
            sbyte number => DataValue.From(number),
            short number => DataValue.From(number),
            ushort number => DataValue.From(number),
            uint number => DataValue.From(number),
            ulong number => DataValue.From(number),
            float number => DataValue.From(number),
            char character => DataValue.From(character),
            DateTime time => DataValue.From(time),
            TimeSpan time => DataValue.From(time),
            _ => default,
        };
        return plain.IsSlot;
    }
}
