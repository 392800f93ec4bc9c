namespace Engine.Data;

/// <summary>Estimates how many bytes a value occupies in memory.</summary>
/// <remarks>dask: <c>sizeof</c>. What isn't known counts as <see cref="Unknown"/>: enough for placement, not for limits.</remarks>
internal static class SizeOf
{
    public const int Slot = 8;
    public const int Unknown = 64;
    private const int ObjectHeader = 24;

    public static long Measure(in DataValue value)
    {
        if (value.IsSlot)
        {
            return Slot;
        }

        return value.Boxed switch
        {
            null => Slot,
            string text => ObjectHeader + (2L * text.Length),
            Array array => MeasureArray(array),
            _ => Unknown,
        };
    }

    private static long MeasureArray(Array array)
    {
        if (array.GetType().GetElementType() is { IsPrimitive: true })
        {
            return ObjectHeader + Buffer.ByteLength(array);
        }

        if (array is string?[] texts)
        {
            var total = ObjectHeader + (8L * texts.Length);
            foreach (var text in texts)
            {
                total += text is null ? 0 : ObjectHeader + (2L * text.Length);
            }

            return total;
        }

        return ObjectHeader + (8L * array.LongLength);
    }
}
