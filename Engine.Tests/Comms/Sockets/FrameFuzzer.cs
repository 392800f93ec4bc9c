using System.Buffers;
using System.Buffers.Binary;
using Engine.Plugins.Transports;
using Engine.Transport.Sockets.Framing;

namespace Engine.Tests.Comms.Sockets;

/// <summary>
/// Feeds changed and random bytes to what reads frames and messages. It takes any format: give it some messages that it writes.
/// </summary>
internal static class FrameFuzzer
{
    private const int BytesAtOnceMax = 64 << 10;

    private static readonly TransportLimits Limits = new() { BodyBytesMax = 4096, MessageBytesMax = 16_384, AttachmentsMax = 16, WindowBytes = 8192 };

    /// <summary>Runs inputs.</summary>
    /// <param name="format">The format that reads.</param>
    /// <param name="messages">Makes messages that the format writes, anew for each call.</param>
    /// <param name="inputs">How many inputs.</param>
    /// <param name="seed">Which; a failure names the input's own.</param>
    public static void Run(IWireFormat format, Func<Message[]> messages, int inputs, int seed)
    {
        var valid = Write(format, messages());
        var (violations, whole) = (0, 0);
        for (var i = 0; i < inputs; i++)
        {
            var random = new Random(unchecked((seed * 1_000_003) + i));
            var bytes = i == 0 ? valid : i % 4 == 0 ? RandomFrames(random) : Change(valid, random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Feed(format, bytes, random);
                whole++;
            }
            catch (ProtocolViolationException)
            {
                violations++;
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Input {i} of seed {seed} ({Convert.ToHexString(bytes)}) ended in a {exception.GetType().Name}.", exception);
            }

            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < BytesAtOnceMax, $"Input {i} of seed {seed} of {bytes.Length} bytes took {allocated} bytes.");
        }

        Assert.True(whole > 0 && (violations > inputs / 10 || inputs < 100), $"{whole} inputs were read, {violations} refused: the fuzzer misses its target.");
    }

    private static byte[] Write(IWireFormat format, Message[] messages)
    {
        var output = new ArrayBufferWriter<byte>();
        var lanes = new[] { Lane.Data, Lane.Control }
            .ToDictionary(static lane => lane, lane => new LaneSender(lane, format.CreateCodec(ComponentRole.Client, ComponentRole.Scheduler), Limits));
        foreach (var message in messages)
        {
            lanes[message.Lane].Enqueue(message);
        }

        foreach (var lane in lanes.Values)
        {
            while (lane.WriteNext(output) > 0)
            {
            }
        }

        SmallFrames.WriteCredit(output, 100);
        SmallFrames.WriteClose(output, new Disconnect(DisconnectKind.Closed, "over"));
        SmallFrames.WriteCloseAck(output);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] RandomFrames(Random random)
    {
        var bytes = new byte[random.Next(1, 200)];
        random.NextBytes(bytes);
        for (var at = 0; at + 5 < bytes.Length;)
        {
            var length = random.Next(1, Math.Min(40, bytes.Length - at - 3));
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), length);
            bytes[at + 4] = (byte)random.Next(0, 11);
            if (length > 1)
            {
                bytes[at + 5] %= 5;
            }

            at += 4 + length;
        }

        return bytes;
    }

    private static byte[] Change(byte[] valid, Random random)
    {
        var bytes = valid.ToList();
        for (var changes = random.Next(1, 5); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at - (at == 0 ? 1 : 0)));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 60), bytes.Count - at)));
                    break;
                default:
                    bytes[at] = random.Next(2) == 0 ? byte.MaxValue : (byte)0;
                    break;
            }

            if (bytes.Count == 0)
            {
                break;
            }
        }

        return [.. bytes];
    }

    private static void Feed(IWireFormat format, byte[] bytes, Random random)
    {
        var window = new ReceiveWindow(Limits.WindowBytes);
        var receiver = new FrameReceiver(
            format.CreateCodec(ComponentRole.Scheduler, ComponentRole.Client), format.CreateCodec(ComponentRole.Scheduler, ComponentRole.Client), Limits, window);
        try
        {
            // In two or three parts, as they may come.
            for (var (at, end) = (0, 0); end < bytes.Length;)
            {
                end = random.Next(3) == 0 ? bytes.Length : random.Next(end, bytes.Length) + 1;
                var input = new ReadOnlySequence<byte>(bytes, at, end - at);
                while (receiver.TryRead(ref input, out var received))
                {
                    if (received.DataBytes > 0 && window.Owe(received.DataBytes))
                    {
                        window.HandBack();
                    }
                }

                at = end - (int)input.Length;
            }
        }
        finally
        {
            receiver.Release();
        }
    }
}
