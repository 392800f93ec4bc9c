using System.Buffers;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Text.Unicode;

namespace Engine.Protocol.Wire;

/// <summary>
/// Exceptions as data. Types of a closed list have a number; any other becomes a <see cref="RemoteException"/>, so that a name that
/// came over a connection never decides which code runs.
/// </summary>
internal static class ErrorCodec
{
    /// <summary>How many causes behind each other travel.</summary>
    public const int DepthMax = 8;

    /// <summary>How long a text may be, in bytes.</summary>
    public const int TextBytesMax = 64 * 1024;

    private const byte None = 0;
    private const byte Remote = 1;
    private const int BytesPerCharMax = 3;

    private static readonly ErrorType[] s_types =
    [
        new(2, typeof(EngineException), static error => new EngineException(error.Message, error.Inner)),
        new(3, typeof(ConnectionClosedException), static error => new ConnectionClosedException(error.Message)),
        new(4, typeof(UnknownWorkerException), static error => new UnknownWorkerException(error.Message)),
        new(5, typeof(WorkerRefusedException), static error => new WorkerRefusedException(error.Message)),
        new(6, typeof(StartFailedException), static error => new StartFailedException(error.Message, error.Inner)),
        new(7, typeof(RestartTimeoutException), static error => new RestartTimeoutException(error.Message)),
        new(8, typeof(PluginException), static error => new PluginException(error.Message, error.Inner)),
        new(9, typeof(KeyConflictException), static error => new KeyConflictException(error.Message)),
        new(10, typeof(UnknownKeyException), static error => new UnknownKeyException(error.Message)),
        new(11, typeof(CyclicGraphException), static error => new CyclicGraphException(error.Message)),
        new(12, typeof(ResultTypeException), static error => new ResultTypeException(error.Message)),
        new(13, typeof(WorkerStartTimeoutException), static error => new WorkerStartTimeoutException(error.Available, error.Expected)),
        new(14, typeof(TaskFailedException), static error => new TaskFailedException(error.Key, error.Message, error.Inner)),
        new(15, typeof(KilledWorkerException), static error => new KilledWorkerException(error.Key, error.Message)),
        new(16, typeof(NoValidWorkerException), static error => new NoValidWorkerException(error.Key, error.Message)),
        new(17, typeof(TaskTimeoutException), static error => new TaskTimeoutException(error.Key, error.Message)),
        new(18, typeof(FutureCancelledException), static error => new FutureCancelledException(error.Key, error.Message)),
        new(19, typeof(LostDataException), static error => new LostDataException(error.Key, error.Message)),
        new(20, typeof(ProtocolViolationException), static error => new ProtocolViolationException(error.Message)),
        new(21, typeof(TransportSecurityException), static error => new TransportSecurityException(error.Message, error.Inner)),
        new(22, typeof(ArgumentException), static error => new ArgumentException(error.Message, error.Inner)),
        new(23, typeof(InvalidOperationException), static error => new InvalidOperationException(error.Message, error.Inner)),
        new(24, typeof(TimeoutException), static error => new TimeoutException(error.Message, error.Inner)),
        new(25, typeof(OperationCanceledException), static error => new OperationCanceledException(error.Message, error.Inner)),
        new(26, typeof(NotSupportedException), static error => new NotSupportedException(error.Message, error.Inner)),
        new(27, typeof(ValueSerializationException), static error => new ValueSerializationException(error.Message, error.Inner)),
        new(28, typeof(FunctionNotPortableException), static error => new FunctionNotPortableException(error.Message)),
        new(29, typeof(FunctionBindingException), static error => new FunctionBindingException(error.Message)),
        new(30, typeof(TaskCanceledException), static error => new TaskCanceledException(error.Message, error.Inner)),
        new(31, typeof(SessionOverException), static error => new SessionOverException(error.Message)),
    ];

    private static readonly Dictionary<Type, ErrorType> s_byType = s_types.ToDictionary(static row => row.Type);

    /// <summary>The types that travel as themselves.</summary>
    public static IEnumerable<Type> Types => s_byType.Keys;

    public static void Write(ref WireWriter writer, Exception? error) => Write(ref writer, error, DepthMax);

    public static Exception? Read(ref WireReader reader) => Read(ref reader, DepthMax);

    /// <summary>Cuts a text that may be anybody's to what travels.</summary>
    public static string Cut(string text)
    {
        if (text.Length <= TextBytesMax / BytesPerCharMax || Encoding.UTF8.GetByteCount(text) <= TextBytesMax)
        {
            return text;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(TextBytesMax);
        Utf8.FromUtf16(text, bytes.AsSpan(0, TextBytesMax), out var charsRead, out _);
        ArrayPool<byte>.Shared.Return(bytes);
        return text[..charsRead];
    }

    private static void Write(ref WireWriter writer, Exception? error, int depth)
    {
        if (error is null || depth == 0)
        {
            writer.Byte(None);
            return;
        }

        if (s_byType.TryGetValue(error.GetType(), out var type))
        {
            writer.Byte(type.Number);
        }
        else
        {
            writer.Byte(Remote);
            writer.Text(Cut((error as RemoteException)?.TypeName ?? error.GetType().ToString()));
        }

        writer.Text(Cut(Ask(error, static error => error.Message) ?? string.Empty));
        writer.Text(Ask(error, static error => error is RemoteException remote ? remote.RemoteStackTrace : error.StackTrace) is { } trace ? Cut(trace) : null);
        WriteMore(ref writer, error);
        Write(ref writer, error.InnerException, depth - 1);
    }

    private static Exception? Read(ref WireReader reader, int depth)
    {
        var number = reader.Byte();
        if (number == None)
        {
            return null;
        }

        if (depth == 0)
        {
            throw new ProtocolViolationException($"An error has more than {DepthMax} causes.");
        }

        if (number > s_types[^1].Number)
        {
            throw new ProtocolViolationException($"There is no error {number}.");
        }

        var typeName = number == Remote ? reader.TextNotNull() : null;
        var message = reader.TextNotNull();
        var trace = reader.Text();
        var type = number == Remote ? null : s_types[number - s_types[0].Number];
        var parts = ReadMore(ref reader, type?.Type) with { Message = message };
        parts = parts with { Inner = Read(ref reader, depth - 1) };
        var error = type is null ? new RemoteException(typeName!, message, trace, parts.Inner) : type.Make(parts);
        return trace is null ? error : ExceptionDispatchInfo.SetRemoteStackTrace(error, trace);
    }

    /// <summary>What some types have beside their message.</summary>
    private static void WriteMore(ref WireWriter writer, Exception error)
    {
        switch (error)
        {
            case TaskFailedException failed when s_byType.ContainsKey(error.GetType()):
                writer.Key(failed.Key);
                break;
            case FutureCancelledException cancelled:
                writer.Key(cancelled.Key);
                break;
            case LostDataException lost:
                writer.Key(lost.Key);
                break;
            case WorkerStartTimeoutException late:
                writer.Count(late.Available);
                writer.Count(late.Expected);
                break;
        }
    }

    private static ErrorParts ReadMore(ref WireReader reader, Type? type) =>
        type is null ? default
        : type.IsAssignableTo(typeof(TaskFailedException)) || type == typeof(FutureCancelledException) || type == typeof(LostDataException)
            ? new ErrorParts { Key = reader.Key() }
        : type == typeof(WorkerStartTimeoutException) ? new ErrorParts { Available = reader.Count(), Expected = reader.Count() }
        : default;

    /// <summary>Asks an exception, which may be a user's, with code of its own.</summary>
    private static string? Ask(Exception error, Func<Exception, string?> ask)
    {
        try
        {
            return ask(error);
        }
#pragma warning disable CA1031 // Whatever it throws, the failure it stands for has to be told.
        catch (Exception thrown)
#pragma warning restore CA1031
        {
            return $"(can't be told: it threw {thrown.GetType()})";
        }
    }

    private sealed record ErrorType(byte Number, Type Type, Func<ErrorParts, Exception> Make);

    private readonly record struct ErrorParts(string Message, Exception? Inner, TaskKey Key, int Available, int Expected);
}
