using System.Collections;
using System.Runtime.CompilerServices;
using Engine.Data.Serialization;

namespace Engine.Data;

/// <summary>Measures how many bytes a value occupies in memory.</summary>
/// <remarks>
/// dask: <c>sizeof</c>. Exact for what numbers mostly come in: arrays, lists and memory of plain values, texts, and arrays of those.
/// Others say it themselves (<see cref="ISizeOf"/>) or count as <see cref="Unknown"/>: enough for placement, not for limits.
/// </remarks>
internal static class SizeOf
{
    public const int Slot = 8;
    public const int Unknown = 64;
    private const int ObjectHeader = 24;

    public static long Measure(in DataValue value) => value.IsSlot ? Slot : MeasureObject(value.Boxed);

    private static long MeasureObject(object? value) => value switch
    {
        null => Slot,
        SerializedValue arrived => ObjectHeader + arrived.Bytes.Length,
        string text => ObjectHeader + (2L * text.Length),
        Array array => MeasureArray(array) + MeasureItems(array),
        ISizeOf measured => Ask(measured),
        Memory<byte> memory => ObjectHeader + memory.Length,
        ReadOnlyMemory<byte> memory => ObjectHeader + memory.Length,
        IList list => MeasureList(list),
        _ => Unknown,
    };

    private static long MeasureArray(Array array) =>
        ObjectHeader + (array.LongLength * RuntimeHelpers.SizeOf(array.GetType().GetElementType()!.TypeHandle));

    /// <summary>What the items of an array refer to, if they are texts, arrays or know their size. Not deeper than that.</summary>
    private static long MeasureItems(Array array)
    {
        var total = 0L;
        switch (array)
        {
            case string?[] texts:
                foreach (var text in texts)
                {
                    total += text is null ? 0 : ObjectHeader + (2L * text.Length);
                }

                break;
            case Array?[] arrays:
                foreach (var item in arrays)
                {
                    total += item is null ? 0 : MeasureArray(item);
                }

                break;
            case ISizeOf?[] items:
                foreach (var item in items)
                {
                    total += item is null ? 0 : Ask(item);
                }

                break;
        }

        return total;
    }

    private static long MeasureList(IList list) =>
        list.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(List<>)
            && type.GenericTypeArguments[0] is { IsPrimitive: true } item
            ? (2 * ObjectHeader) + ((long)list.Count * RuntimeHelpers.SizeOf(item.TypeHandle))
            : Unknown;

    private static long Ask(ISizeOf value)
    {
        try
        {
            return value.SizeInBytes is >= 0 and var bytes ? bytes : Unknown;
        }
#pragma warning disable CA1031 // The code is the user's, and the worker goes on without its answer.
        catch (Exception)
#pragma warning restore CA1031
        {
            return Unknown;
        }
    }
}
