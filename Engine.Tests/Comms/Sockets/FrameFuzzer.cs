using System.Buffers;
using System.Buffers.Binary;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tests.TestKit.Wire;
using Engine.Transport.Sockets.Framing;

namespace Engine.Tests.Comms.Sockets;

/// <summary>
/// Feeds valid, changed and random bytes to what reads frames and messages. It takes any format: give it streams of messages that
/// it writes.
/// </summary>
/// <param name="format">The format that reads.</param>
/// <param name="limits">What the reading side allows.</param>
/// <param name="bytesMax">What an input of so many bytes may allocate.</param>
internal sealed class FrameFuzzer(IWireFormat format, TransportLimits limits, Func<int, long> bytesMax)
{
    private enum Outcome
    {
        Violation,
        Whole,
        WaitsForMore,
    }

    /// <summary>Runs inputs: first each stream as it is, then what was made of them.</summary>
    /// <param name="streams">What a valid sender sends.</param>
    /// <param name="inputs">How many inputs.</param>
    /// <param name="seed">Which; a failure names the input's own.</param>
    public void Run(IReadOnlyList<FuzzStream> streams, int inputs, int seed)
    {
        var outcomes = new int[3];
        for (var i = 0; i < inputs + streams.Count; i++)
        {
            var random = new Random(unchecked((seed * 1_000_003) + i));
            var stream = i < streams.Count ? streams[i] : streams[random.Next(streams.Count)];
            var bytes = i < streams.Count ? stream.Frame(random) : Make(stream, random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                var outcome = Feed(stream, bytes, random);
                Assert.True(i >= streams.Count || outcome == Outcome.Whole, "A valid stream was not read.");
                outcomes[(int)outcome]++;
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException(
                    $"Input {i} of seed {seed}, from a {stream.From} to a {stream.To} ({Convert.ToHexString(bytes)}), ended in a {exception.GetType().Name}.", exception);
            }

            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < bytesMax(bytes.Length), $"Input {i} of seed {seed} of {bytes.Length} bytes took {allocated} bytes.");
        }

        Assert.True(
            inputs < 100 || (outcomes[(int)Outcome.Violation] > inputs / 10 && outcomes[(int)Outcome.Whole] > inputs / 50),
            $"{outcomes[0]} inputs were refused, {outcomes[1]} read, {outcomes[2]} wait for more: the fuzzer misses its target.");
    }

    private static byte[] Make(FuzzStream stream, Random random) => random.Next(8) switch
    {
        0 => RandomFrames(stream, random),
        < 4 => Change(stream.Frame(random), random),
        _ => stream.Spoil(new ByteMutator(random)).Frame(random),
    };

    private static byte[] RandomFrames(FuzzStream stream, Random random)
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
                bytes[at + 5] = random.Next(8) == 0 ? bytes[at + 5] : (byte)stream.Messages[random.Next(stream.Messages.Count)].Kind;
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

    /// <summary>Reads as a connection does: to a farewell, to a violation, or to the end of the bytes.</summary>
    private Outcome Feed(FuzzStream stream, byte[] bytes, Random random)
    {
        var window = new ReceiveWindow(limits.WindowBytes);
        var receiver = new FrameReceiver(format.CreateCodec(stream.To, stream.From), format.CreateCodec(stream.To, stream.From), limits, window);
        try
        {
            // In two or three parts, as they may come.
            for (var (at, end) = (0, 0); end < bytes.Length;)
            {
                end = random.Next(3) == 0 ? bytes.Length : random.Next(end, bytes.Length) + 1;
                var input = new ReadOnlySequence<byte>(bytes, at, end - at);
                while (receiver.TryRead(ref input, out var received))
                {
                    if (received.Kind is ReceivedKind.Close or ReceivedKind.CloseAck)
                    {
                        return Outcome.Whole;
                    }

                    if (received.Message is { } message)
                    {
                        MessagePools.Return(message);
                    }

                    if (received.DataBytes > 0 && window.Owe(received.DataBytes))
                    {
                        window.HandBack();
                    }
                }

                at = end - (int)input.Length;
            }

            return Outcome.WaitsForMore;
        }
        catch (ProtocolViolationException)
        {
            return Outcome.Violation;
        }
        finally
        {
            receiver.Release();
        }
    }
}
