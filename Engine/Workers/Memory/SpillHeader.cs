using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Engine.Workers.Memory;

/// <summary>What a file of a <see cref="FileSpillStore"/> begins with: what the value is, and how many items it has.</summary>
internal readonly struct SpillHeader
{
    private const int ByteSize = 1 + sizeof(int);
    private const byte TextCode = 254;
    private const byte FormattedCode = 255;

    private static readonly Type[] s_arrays =
    [
        typeof(bool[]), typeof(char[]), typeof(sbyte[]), typeof(byte[]), typeof(short[]), typeof(ushort[]),
        typeof(int[]), typeof(uint[]), typeof(long[]), typeof(ulong[]), typeof(float[]), typeof(double[]),
    ];

    private readonly byte _code;
    private readonly int _length;

    private SpillHeader(byte code, int length) => (_code, _length) = (code, length);

    /// <summary>The header of a value that a format writes.</summary>
    public static SpillHeader Formatted { get; } = new(FormattedCode, 0);

    public bool IsFormatted => _code == FormattedCode;

    public bool IsText => _code == TextCode;

    /// <summary>Bytes that follow the header, of a text or an array.</summary>
    public long ByteCount =>
        (long)_length * (IsText ? sizeof(char) : RuntimeHelpers.SizeOf(s_arrays[_code].GetElementType()!.TypeHandle));

    /// <summary>The header of a text or an array of plain items; false for any other value.</summary>
    public static bool TryDescribe(object value, out SpillHeader header)
    {
        if (value is string text)
        {
            header = new SpillHeader(TextCode, text.Length);
            return true;
        }

        var code = Array.IndexOf(s_arrays, value.GetType());
        header = code < 0 ? default : new SpillHeader((byte)code, ((Array)value).Length);
        return code >= 0;
    }

    public static async ValueTask<SpillHeader> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var bytes = new byte[ByteSize];
        await stream.ReadExactlyAsync(bytes, cancellationToken);
        return new SpillHeader(bytes[0], BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(1)));
    }

    public async ValueTask WriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        var bytes = new byte[ByteSize];
        bytes[0] = _code;
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(1), _length);
        await stream.WriteAsync(bytes, cancellationToken);
    }

    /// <summary>An array for the value; for a text, of its characters.</summary>
    public Array MakeArray() => IsText ? new char[_length] : Array.CreateInstanceFromArrayType(s_arrays[_code], _length);
}
