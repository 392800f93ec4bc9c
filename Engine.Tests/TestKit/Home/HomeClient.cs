using System.Buffers;
using System.Collections.Concurrent;
using System.Net.Sockets;
using Engine.Data;
using Engine.Data.Serialization;
using Engine.Protocol.Wire;
using Engine.Tasks;

namespace Engine.Tests.TestKit.Home;

/// <summary>In a worker process: has functions run at home, in the test's process.</summary>
internal sealed class HomeClient
{
    private static readonly Lazy<HomeClient> s_instance = new(static () => new HomeClient());
    private readonly ConcurrentDictionary<long, TaskCompletionSource<HomeWork>> _asked = new();
    private readonly ConcurrentDictionary<long, GuestCall> _calls = new();
    private readonly ConcurrentDictionary<long, HomeWork> _known = new();
    private readonly ConcurrentDictionary<string, FunctionInfo> _functions = new(StringComparer.Ordinal);
    private readonly HomeLink _link;
    private long _number;

    private HomeClient()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(System.Environment.GetEnvironmentVariable(HomeServer.Variable)!));
        _link = new HomeLink(socket);
        _link.Read(Take, static () => { }); // The test's process has ended; this one does too.
    }

    public static HomeClient Instance => s_instance.Value;

    /// <summary>How values are written on the way between here and home.</summary>
    public static ValueSerializers Serializers { get; } = new() { Handles = new GuestHandles() };

    /// <summary>The work behind a number.</summary>
    public HomeWork Describe(long handle)
    {
        if (_known.TryGetValue(handle, out var known))
        {
            return known;
        }

        var number = Interlocked.Increment(ref _number);
        var asked = _asked[number] = new TaskCompletionSource<HomeWork>(TaskCreationOptions.RunContinuationsAsynchronously);
        _link.Send(HomeWord.Describe, number, (ref WireWriter writer) => writer.Int(handle));
#pragma warning disable VSTHRD002 // Who reads messages can't wait otherwise; another thread brings the answer.
        var work = asked.Task.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
        work.Handle = handle;
        return _known[handle] = work;
    }

    /// <summary>Runs a function at home.</summary>
    public Task<DataValue> RunAsync(HomeWork work, TaskInputs inputs, int element, TaskContext? context)
    {
        var number = Interlocked.Increment(ref _number);
        var call = _calls[number] = new GuestCall(_link, number, context);
        var values = new DataValue[inputs.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = inputs.Raw(i);
        }

        _link.Send(HomeWord.Run, number, (ref WireWriter writer) =>
        {
            writer.Int(work.Handle);
            writer.Int(element);
            writer.Count(values.Length);
            foreach (var value in values)
            {
                ValueCodec.Write(ref writer, value, Serializers);
            }

            writer.Bool(context is not null);
            if (context is not null)
            {
                Write(ref writer, context);
            }
        });
        call.FollowToken();
        return call.Result;
    }

    private static void Write(ref WireWriter writer, TaskContext context)
    {
        writer.Key(context.Key);
        writer.Int(context.Attempt);
        writer.Worker(context.Worker);
        writer.Text(context.WorkerName);
        writer.Count(context.Environment.Count);
        foreach (var (name, value) in context.Environment)
        {
            writer.Text(name);
            writer.Text(value);
        }
    }

    private void Take(ReadOnlyMemory<byte> body, byte[][] attachments)
    {
        var reader = new WireReader(new ReadOnlySequence<byte>(body), attachments);
        var (word, number) = ((HomeWord)reader.Byte(), reader.Int());
        if (word == HomeWord.Described && _asked.TryRemove(number, out var asked))
        {
            if (reader.Text() is { } name)
            {
                asked.SetResult(new HomeWork(
                    _functions.GetOrAdd(name, static name => FunctionInfo.Named(name)), reader.Bool(), reader.Bool(), reader.Bool()));
            }
            else
            {
                asked.SetException(new ProtocolViolationException("A number is no work's."));
            }

            return;
        }

        if (word is HomeWord.Returned or HomeWord.Threw ? _calls.TryRemove(number, out var call) : _calls.TryGetValue(number, out call))
        {
            call.Take(word, ref reader);
        }
    }
}
