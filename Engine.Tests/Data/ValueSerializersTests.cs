using System.Buffers;
using System.Text;
using System.Text.Json.Serialization;
using Engine.Plugins;
using Engine.Tests.TestKit;
using MemoryPack;

namespace Engine.Tests.Data;

public sealed partial class ValueSerializersTests
{
    private readonly WireRoundTrip _wire = new();

    [Fact]
    public void Plain_values_come_back_as_they_were()
    {
        ComesBack(0);
        ComesBack(int.MinValue);
        ComesBack(long.MaxValue);
        ComesBack(-1L);
        ComesBack(double.NaN);
        ComesBack(float.MinValue);
        ComesBack(true);
        ComesBack((byte)200);
        ComesBack((sbyte)-100);
        ComesBack((short)-30000);
        ComesBack((ushort)60000);
        ComesBack(uint.MaxValue);
        ComesBack(ulong.MaxValue);
        ComesBack('x');
        ComesBack("a text with ü and 𝄞");
        ComesBack(string.Empty);
        ComesBack(new DateTime(2026, 11, 24, 1, 2, 3, DateTimeKind.Utc));
        ComesBack(TimeSpan.FromDays(-3));
        ComesBack(Guid.Parse("00010203-0405-0607-0809-0a0b0c0d0e0f"));
        ComesBack(123456789.000000001m);
        ComesBack(new byte[] { 1, 2, 3 });
        ComesBack(Array.Empty<byte>());
        Assert.Null(_wire.SendValue<string?>(null).Get<string?>());
    }

    [Fact]
    public void A_number_takes_few_bytes()
    {
        _wire.SendValue(1);
        Assert.Equal(2, _wire.LastBytes);
    }

    [Fact]
    public void Structs_enumerations_and_arrays_of_them_come_back_as_they_were()
    {
        ComesBack(DayOfWeek.Friday);
        ComesBack(new Point(3, 4));
        ComesBack(new Big(1, 2, 3));
        ComesBack(new[] { 1.5, 2.5 });
        ComesBack(new[] { new Big(1, 2, 3), new Big(4, 5, 6) });
        ComesBack((1, 2.0));
    }

    [Fact]
    public void Plain_classes_come_back_as_they_were()
    {
        ComesBack(new Person("Ada", [1, 2, 3]));
        ComesBack(new Dictionary<string, int> { ["a"] = 1 });
        ComesBack(new List<string> { "a", "b" });
        Assert.Equal([1, 2, 3], _wire.SendValue<IReadOnlyList<int>>([1, 2, 3]).Get<IReadOnlyList<int>>());
    }

    [Fact]
    public void A_type_that_is_made_for_MemoryPack_is_written_by_it()
    {
        var packed = _wire.SendValue(new Packed { Number = 5, Text = "five" });
        Assert.Equal(Engine.Data.Serialization.ValueFormat.MemoryPack, Assert.IsType<Engine.Data.Serialization.ArrivedValue>(packed.Reference).Format);
        Assert.Equal((5, "five"), (packed.Get<Packed>().Number, packed.Get<Packed>().Text));
    }

    [Fact]
    public void A_source_generated_context_that_a_type_names_writes_it_its_way()
    {
        var note = _wire.SendValue(new Note("written so", 3));

        var arrived = Assert.IsType<Engine.Data.Serialization.ArrivedValue>(note.Reference);
        Assert.Equal(Engine.Data.Serialization.ValueFormat.Json, arrived.Format);
        Assert.Equal("""{"text_written":"written so","count":3}""", Encoding.UTF8.GetString(arrived.Bytes.Span));
        Assert.Equal(("written so", 3), (note.Get<Note>().TextWritten, note.Get<Note>().Count));
    }

    [Fact]
    public void A_source_generated_context_may_not_lose_anything_either()
    {
        var refusal = Assert.Throws<ValueSerializationException>(() => _wire.SendValue(new Lossy()));

        Assert.StartsWith("Lossy.count", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_serializer_that_a_type_names_comes_first()
    {
        Assert.Equal("kept by hand", _wire.SendValue(new ByHand("kept by hand")).Get<ByHand>().Secret());
    }

    [Fact]
    public void A_value_that_passes_through_stays_bytes_until_somebody_reads_it()
    {
        var value = _wire.SendValue(new Person("Ada", []));
        Assert.Null(Assert.IsType<Engine.Data.Serialization.ArrivedValue>(value.Reference).Object);
        Assert.Same(value.Get<Person>(), value.Get<Person>());
    }

    [Fact]
    public void A_value_is_not_read_as_another_type()
    {
        var value = _wire.SendValue(new Person("Ada", []));
        var exception = Assert.Throws<ResultTypeException>(() => value.Get<Packed>());
        Assert.Contains(nameof(Packed), exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_that_only_means_something_in_its_process_is_named()
    {
        var exception = Assert.Throws<ValueSerializationException>(() => _wire.SendValue(new WithCallback()));
        Assert.Contains("WithCallback.Callback", exception.Message, StringComparison.Ordinal);
        Assert.Contains("System.Action", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_member_that_would_be_lost_is_named()
    {
        var exception = Assert.Throws<ValueSerializationException>(() => _wire.SendValue(new Hidden(5)));
        Assert.Contains("Hidden.Value", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ValueSerializationException>(() => _wire.SendValue(new Opaque(5)));
    }

    [Fact]
    public void What_may_be_anything_is_refused()
    {
        Assert.Throws<ValueSerializationException>(() => _wire.SendValue<object>(new Person("Ada", [])));
        Assert.Throws<ValueSerializationException>(() => _wire.SendValue<IDisposable>(new MemoryStream()));
        Assert.Throws<ValueSerializationException>(() => _wire.SendValue(new MemoryStream()));
        Assert.Throws<ValueSerializationException>(() => _wire.SendValue(Task.CompletedTask));
        Assert.Equal(5, _wire.SendValue<object>(5).Get<int>());
    }

    [Fact]
    public void A_value_that_refers_to_itself_is_refused_and_the_type_is_named()
    {
        var node = new Node();
        node.Next = node;
        var exception = Assert.Throws<ValueSerializationException>(() => _wire.SendValue(node));
        Assert.Contains(nameof(Node), exception.Message, StringComparison.Ordinal);
    }

    private void ComesBack<T>(T value) => Assert.Equivalent(value, _wire.SendValue(value).Get<T>(), strict: true);

    private readonly record struct Point(short X, short Y);

    private readonly record struct Big(long X, double Y, int Z);

    public sealed record Person(string Name, int[] Numbers);

    [MemoryPackable]
    public sealed partial class Packed
    {
        public int Number { get; set; }

        public string? Text { get; set; }
    }

    [ValueSerializer(typeof(ByHandSerializer))]
    public sealed class ByHand(string secret)
    {
        public string Secret() => secret;
    }

    public sealed class ByHandSerializer : IValueSerializer
    {
        public bool Supports(Type type) => type == typeof(ByHand);

        public void Write<T>(T value, IBufferWriter<byte> output) => output.Write(Encoding.UTF8.GetBytes(((ByHand)(object)value!).Secret()));

        public T Read<T>(ReadOnlyMemory<byte> bytes) => (T)(object)new ByHand(Encoding.UTF8.GetString(bytes.Span));
    }

    [ValueSerializer(typeof(NoteContext))]
    public sealed record Note(string TextWritten, int Count);

    [ValueSerializer(typeof(NoteContext))]
    public sealed class Lossy
    {
        public int Count { get; private set; }

        public void Increment() => Count++;
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(Note))]
    [JsonSerializable(typeof(Lossy))]
    public sealed partial class NoteContext : JsonSerializerContext;

    public sealed class WithCallback
    {
        public Action? Callback { get; set; }
    }

    public sealed class Hidden
    {
        public Hidden()
        {
        }

        public Hidden(int value) => Value = value;

        public int Value { get; }
    }

    public sealed class Opaque(int value)
    {
        public int Twice() => value * 2;
    }

    public sealed class Node
    {
        public Node? Next { get; set; }
    }
}
