using System.Buffers;
using Engine.Protocol.Wire;
using Engine.Tests.TestKit.Wire;

namespace Engine.Tests.Comms.Wire;

/// <summary>Exceptions travel as data.</summary>
public sealed class ErrorCodecTests
{
    [Fact]
    public void Types_of_the_list_arrive_as_themselves()
    {
        var key = WireSamples.Key(1, 2);
        var inner = new InvalidOperationException("cause");
        Exception[] errors =
        [
            new EngineException("a", inner), new ConnectionClosedException("a"), new UnknownWorkerException("a"), new WorkerRefusedException("a"),
            new StartFailedException("a", inner), new RestartTimeoutException("a"), new PluginException("a", inner), new KeyConflictException("a"),
            new UnknownKeyException("a"), new CyclicGraphException("a"), new ResultTypeException("a"), new WorkerStartTimeoutException(1, 2),
            new TaskFailedException(key, "a", inner), new KilledWorkerException(key, "a"), new NoValidWorkerException(key, "a"),
            new TaskTimeoutException(key, "a"), new FutureCancelledException(key, "a"), new LostDataException(key, "a"),
            new ProtocolViolationException("a"), new TransportSecurityException("a", inner), new ArgumentException("a", "b", inner),
            new InvalidOperationException("a", inner), new TimeoutException("a", inner), new OperationCanceledException("a", inner),
            new NotSupportedException("a", inner), new ValueSerializationException("a", inner), new FunctionNotPortableException("a"),
            new FunctionBindingException("a"), new TaskCanceledException("a", inner), new SessionOverException("a"),
        ];
        Assert.All(errors, static error => Assert.Equal(ObjectText.Of(error), ObjectText.Of(Cross(error))));
        Assert.Equal(ErrorCodec.Types.ToHashSet(), [.. errors.Select(static error => error.GetType())]);
    }

    [Fact]
    public void Every_exception_of_the_engine_is_in_the_list()
    {
        var own = typeof(EngineException).Assembly.GetTypes().Where(static type => type.IsAssignableTo(typeof(Exception)) && type != typeof(RemoteException));
        Assert.Empty(own.Except(ErrorCodec.Types));
    }

    [Fact]
    public void Another_type_arrives_as_its_name()
    {
        var crossed = Assert.IsType<RemoteException>(Cross(Thrown(new FormatException("bad", new KeyNotFoundException("none")))));
        Assert.Equal(("System.FormatException", "bad"), (crossed.TypeName, crossed.Message));
        Assert.Contains(nameof(Thrown), crossed.RemoteStackTrace, StringComparison.Ordinal);
        Assert.Equal("System.Collections.Generic.KeyNotFoundException", Assert.IsType<RemoteException>(crossed.InnerException).TypeName);
        Assert.Equal(ObjectText.Of(crossed), ObjectText.Of(Cross(crossed))); // Also over a second connection.
    }

    [Fact]
    public void A_stack_comes_along()
    {
        var crossed = Assert.IsType<InvalidOperationException>(Cross(Thrown(new InvalidOperationException("bad"))));
        Assert.Contains(nameof(Thrown), crossed.StackTrace, StringComparison.Ordinal);
    }

    [Fact]
    public void Causes_beyond_the_eighth_are_left_out()
    {
        Exception error = new InvalidOperationException("last");
        for (var i = 0; i < 20; i++)
        {
            error = new InvalidOperationException($"{i}", error);
        }

        var depth = 0;
        for (var cause = Cross(error); cause is not null; cause = cause.InnerException)
        {
            depth++;
        }

        Assert.Equal(ErrorCodec.DepthMax, depth);
    }

    [Fact]
    public void More_causes_than_that_are_a_violation()
    {
        byte[] one = [23, 1, 0];
        Assert.NotNull(Read([.. Enumerable.Repeat(one, ErrorCodec.DepthMax).SelectMany(static bytes => bytes), 0]));
        Assert.Throws<ProtocolViolationException>(() => Read([.. Enumerable.Repeat(one, ErrorCodec.DepthMax + 1).SelectMany(static bytes => bytes), 0]));
    }

    [Theory]
    [InlineData('a', 65536)]
    [InlineData('ö', 32768)]
    [InlineData('€', 21845)]
    public void A_long_text_is_cut(char letter, int kept) =>
        Assert.Equal(new string(letter, kept), Cross(new InvalidOperationException(new string(letter, 100_000)))!.Message);

    [Fact]
    public void A_cut_does_not_halve_a_letter() =>
        Assert.Equal(string.Concat(Enumerable.Repeat("🙂", 16384)), Cross(new InvalidOperationException(string.Concat(Enumerable.Repeat("🙂", 40_000))))!.Message);

    [Fact]
    public void An_exception_that_throws_when_asked_is_told_all_the_same()
    {
        var crossed = Assert.IsType<RemoteException>(Cross(new EvilException()));
        Assert.Contains("NotImplementedException", crossed.Message, StringComparison.Ordinal);
    }

    private static Exception Thrown(Exception error)
    {
        try
        {
            throw error;
        }
        catch (Exception caught)
        {
            return caught;
        }
    }

    private static Exception? Cross(Exception? error)
    {
        var output = new BodyOutput();
        var writer = new WireWriter(output);
        ErrorCodec.Write(ref writer, error);
        writer.Complete();
        return Read(output.Body.ToArray());
    }

    private static Exception? Read(byte[] bytes)
    {
        var reader = new WireReader(new ReadOnlySequence<byte>(bytes), []);
        var error = ErrorCodec.Read(ref reader);
        reader.End();
        return error;
    }

    private sealed class EvilException : Exception
    {
        public override string Message => throw new NotImplementedException();

        public override string? StackTrace => throw new NotImplementedException();
    }
}
