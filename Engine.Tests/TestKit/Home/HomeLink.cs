using System.Buffers.Binary;
using System.Net.Sockets;
using Engine.Protocol.Wire;

namespace Engine.Tests.TestKit.Home;

/// <summary>What is said between a worker process and the test's process, besides what the engine says.</summary>
internal enum HomeWord : byte
{
    /// <summary>Worker: what is behind a number?</summary>
    Describe,

    /// <summary>Test: the name and the traits of work; or that it is another object.</summary>
    Described,

    /// <summary>Worker: run work.</summary>
    Run,

    /// <summary>Worker: cancel what runs.</summary>
    Cancel,

    /// <summary>Test: what runs leaves its slot.</summary>
    LeaveSlot,

    /// <summary>Test: what runs wants its slot back.</summary>
    TakeSlot,

    /// <summary>Worker: it has its slot back.</summary>
    SlotTaken,

    /// <summary>Test: how far it is.</summary>
    Report,

    /// <summary>Test: what it has returned.</summary>
    Returned,

    /// <summary>Test: what it has thrown.</summary>
    Threw,
}

/// <summary>Writes the rest of a message, after its word and the number of the call.</summary>
internal delegate void WriteRest(ref WireWriter writer);

/// <summary>One end of a connection between a worker process and the test's process: whole messages, in order. A thread of its own reads them.</summary>
internal sealed class HomeLink(Socket socket)
{
    private readonly Lock _writing = new();

    /// <summary>Sends a message; one that can't be sent is for a process that has ended.</summary>
    public void Send(HomeWord word, long call, WriteRest? rest = null)
    {
        var output = new BodyOutput();
        var writer = new WireWriter(output);
        writer.Byte((byte)word);
        writer.Int(call);
        rest?.Invoke(ref writer);
        writer.Complete();
        try
        {
            lock (_writing)
            {
                SendPart(output.Body);
                SendNumber(output.Attachments.Count);
                foreach (var attachment in output.Attachments)
                {
                    SendPart(attachment);
                }
            }
        }
        catch (SocketException)
        {
            // See above.
        }
    }

    /// <summary>Has a thread read what comes.</summary>
    public void Read(Action<ReadOnlyMemory<byte>, byte[][]> take, Action ended) => new Thread(() =>
    {
        try
        {
            while (true)
            {
                var body = ReceivePart();
                var attachments = new byte[ReceiveNumber()][];
                for (var i = 0; i < attachments.Length; i++)
                {
                    attachments[i] = ReceivePart();
                }

                take(body, attachments);
            }
        }
        catch (SocketException)
        {
            socket.Dispose();
            ended();
        }
    })
    { IsBackground = true, Name = "home link" }.Start();

    private void SendPart(ReadOnlyMemory<byte> part)
    {
        SendNumber(part.Length);
        for (var sent = 0; sent < part.Length;)
        {
            sent += socket.Send(part.Span[sent..]);
        }
    }

    private void SendNumber(int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        socket.Send(bytes);
    }

    private byte[] ReceivePart()
    {
        var part = new byte[ReceiveNumber()];
        Receive(part);
        return part;
    }

    private int ReceiveNumber()
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        Receive(bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }

    private void Receive(Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var received = socket.Receive(bytes);
            bytes = received > 0 ? bytes[received..] : throw new SocketException((int)SocketError.ConnectionReset);
        }
    }
}
