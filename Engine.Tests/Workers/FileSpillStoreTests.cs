using System.Text.Json;
using Engine.Plugins;

namespace Engine.Tests.Workers;

public sealed class FileSpillStoreTests : IAsyncLifetime, IAsyncDisposable
{
    private static readonly TaskKey s_key = new(new ClientId(1), 7);
    private readonly FileSpillStore _store = new();

    public static TheoryData<object> Plain => new()
    {
        "text", "", "lone \ud800 surrogate",
        new[] { true, false, true }, new[] { 'a', '\ud800' }, new sbyte[] { -128, 127 }, new byte[] { 0, 255 },
        new short[] { short.MinValue, short.MaxValue }, new[] { ushort.MaxValue }, new[] { int.MinValue, int.MaxValue }, new[] { uint.MaxValue },
        new[] { long.MinValue, long.MaxValue }, new[] { ulong.MaxValue }, new[] { float.Epsilon, float.NegativeInfinity },
        new[] { double.Epsilon, -0.0, double.NaN }, Array.Empty<double>(), Enumerable.Range(0, 1_000_000).ToArray(), new string('x', 700_000),
    };

    public static TheoryData<object> Others => new()
    {
        1, new object(), new[] { "text" }, new[] { 1m }, new[] { DayOfWeek.Monday }, new int[2, 2], new int[][] { [1] }, new List<int> { 1 }, new[] { (nint)1 },
    };

    public Task InitializeAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    [Theory]
    [MemberData(nameof(Plain), DisableDiscoveryEnumeration = true)]
    public async Task A_text_or_an_array_of_plain_values_comes_back_the_same(object value)
    {
        Assert.True(_store.CanStore(value));

        var bytes = await _store.WriteAsync(s_key, value, CancellationToken.None);
        var read = await _store.ReadAsync(s_key, CancellationToken.None);

        Assert.Equal(value.GetType(), read.GetType());
        Assert.Equal(value, read);
        Assert.Equal(bytes, new FileInfo(Assert.Single(Directory.GetFiles(_store.Directory))).Length);
    }

    [Theory]
    [MemberData(nameof(Others), DisableDiscoveryEnumeration = true)]
    public async Task Anything_else_is_refused_and_leaves_no_file(object value)
    {
        Assert.False(_store.CanStore(value));
        var error = await Assert.ThrowsAsync<ArgumentException>(async () => await _store.WriteAsync(s_key, value, CancellationToken.None));
        Assert.Contains(nameof(ISpillFormat), error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_store.Directory));
    }

    [Fact]
    public async Task A_format_writes_what_the_store_does_not_know()
    {
        await using var store = new FileSpillStore(format: new PointFormat());
        Assert.True(store.CanStore(new Point(1, 2)));
        Assert.True(store.CanStore("text"));
        Assert.False(store.CanStore(1));

        await store.WriteAsync(s_key, new Point(1, 2), CancellationToken.None);

        Assert.Equal(new Point(1, 2), await store.ReadAsync(s_key, CancellationToken.None));
    }

    [Fact]
    public async Task A_format_that_throws_leaves_no_file()
    {
        await using var store = new FileSpillStore(format: new PointFormat());

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.WriteAsync(s_key, new Point(-1, 0), CancellationToken.None));

        Assert.Empty(Directory.GetFiles(store.Directory));
    }

    [Fact]
    public async Task A_key_is_overwritten_read_again_and_deleted()
    {
        await _store.WriteAsync(s_key, "a long first value", CancellationToken.None);
        await _store.WriteAsync(s_key, "second", CancellationToken.None);
        Assert.Equal("second", await _store.ReadAsync(s_key, CancellationToken.None));
        Assert.Equal("second", await _store.ReadAsync(s_key, CancellationToken.None));

        await _store.DeleteAsync(s_key, CancellationToken.None);
        await _store.DeleteAsync(s_key, CancellationToken.None);

        await Assert.ThrowsAsync<KeyNotFoundException>(async () => await _store.ReadAsync(s_key, CancellationToken.None));
        Assert.Empty(Directory.GetFiles(_store.Directory));
    }

    [Fact]
    public async Task The_directory_is_made_with_the_first_value_and_goes_with_the_store()
    {
        await _store.DeleteAsync(s_key, CancellationToken.None);
        Assert.False(Directory.Exists(_store.Directory));
        await _store.WriteAsync(s_key, "x", CancellationToken.None);
        Assert.True(Directory.Exists(_store.Directory));

        await _store.DisposeAsync();
        await _store.DisposeAsync();

        Assert.False(Directory.Exists(_store.Directory));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await _store.WriteAsync(s_key, "x", CancellationToken.None));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await _store.ReadAsync(s_key, CancellationToken.None));
    }

    [Fact]
    public async Task Two_stores_share_a_parent_and_no_files()
    {
        var parent = Directory.CreateTempSubdirectory("engine-tests-");
        try
        {
            await using var first = new FileSpillStore(parent.FullName);
            await using var second = new FileSpillStore(parent.FullName);
            await first.WriteAsync(s_key, "first", CancellationToken.None);
            await second.WriteAsync(s_key, "second", CancellationToken.None);
            Assert.Equal(2, parent.GetDirectories().Length);

            await first.DisposeAsync();

            Assert.Equal("second", await second.ReadAsync(s_key, CancellationToken.None));
        }
        finally
        {
            parent.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Only_the_owner_may_read_directory_and_files()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // The temporary files of a user are that user's there.
        }

        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await _store.WriteAsync(s_key, "x", CancellationToken.None);
        Assert.Equal(owner | UnixFileMode.UserExecute, File.GetUnixFileMode(_store.Directory));
        Assert.Equal(owner, File.GetUnixFileMode(Directory.GetFiles(_store.Directory)[0]));
    }

    [Fact]
    public async Task A_write_that_is_given_up_leaves_no_file()
    {
        using var source = new CancellationTokenSource();
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _store.WriteAsync(s_key, "x", source.Token));

        Assert.Empty(Directory.GetFiles(_store.Directory));
    }

    private sealed record Point(int X, int Y);

    private sealed class PointFormat : ISpillFormat
    {
        public bool CanWrite(object value) => value is Point;

        public void Write(object value, Stream stream)
        {
            JsonSerializer.Serialize(stream, (Point)value);
            if (value is Point { X: < 0 })
            {
                throw new InvalidOperationException("it broke");
            }
        }

        public object Read(Stream stream) => JsonSerializer.Deserialize<Point>(stream)!;
    }
}
