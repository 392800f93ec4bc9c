using CsCheck;

namespace Engine.Tests.Workers;

/// <summary>A worker's store against a dictionary.</summary>
public sealed class FileSpillStoreModelTests
{
    private static readonly Gen<int> s_key = Gen.Int[0, 3];

    [Fact]
    public async Task It_gives_what_was_written_last_and_nothing_that_was_deleted() =>
        await Gen.Select(s_key, Gen.Bool, Gen.Byte.Array[0, 300]).Array[0, 30].SampleAsync(
            async operations =>
            {
                await using var store = new FileSpillStore();
                var model = new Dictionary<int, byte[]>();
                foreach (var (key, isWritten, value) in operations)
                {
                    if (isWritten)
                    {
                        await store.WriteAsync(Key(key), value, CancellationToken.None);
                        model[key] = value;
                    }
                    else if (model.Remove(key))
                    {
                        await store.DeleteAsync(Key(key), CancellationToken.None);
                    }

                    foreach (var (kept, bytes) in model)
                    {
                        Assert.Equal(bytes, await store.ReadAsync(Key(kept), CancellationToken.None));
                    }

                    Assert.Equal(model.Count, model.Count == 0 && !Directory.Exists(store.Directory) ? 0 : Directory.GetFiles(store.Directory).Length);
                }
            },
            iter: 20);

    private static TaskKey Key(int key) => new(new ClientId(1), key);
}
