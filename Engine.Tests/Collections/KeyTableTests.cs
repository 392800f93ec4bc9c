using CsCheck;
using Engine.Collections;

namespace Engine.Tests.Collections;

public sealed class KeyTableTests
{
    private readonly KeyTable<Row> _table = new();

    [Fact]
    public void A_key_that_is_not_there_has_no_handle() => Assert.Equal(-1, _table.HandleOf(Key(1, 5)));

    [Fact]
    public void A_row_is_found_by_its_key_and_its_key_by_the_row()
    {
        var handle = Put(Key(3, 1000), 7);

        Assert.Equal(handle, _table.HandleOf(Key(3, 1000)));
        Assert.Equal(Key(3, 1000), _table.KeyOf(handle));
        Assert.Equal(7, _table[handle].Value);
    }

    [Fact]
    public void Neighbours_in_a_page_lie_side_by_side()
    {
        var handle = Put(Key(1, 256), 1);

        Assert.Equal(handle + 255, Put(Key(1, 511), 2));
        Assert.Equal(1, _table.PageCount);
        Put(Key(1, 512), 3);
        Assert.Equal(2, _table.PageCount);
    }

    [Fact]
    public void A_page_goes_with_its_last_row_and_is_clean_when_it_is_used_again()
    {
        var handle = Put(Key(1, 0), 1);
        _table.Vacate(handle);
        Assert.Equal((0, 0L), (_table.PageCount, _table.Count));
        Assert.False(_table.IsPresent(handle));

        var next = _table.EnsureHandle(Key(2, 0));

        Assert.Equal(handle, next);
        Assert.Equal(0, _table[next].Value);
        Assert.Equal(-1, _table.HandleOf(Key(1, 0)));
    }

    [Fact]
    public void Arrival_is_by_key_within_a_page_and_by_first_arrival_between_pages()
    {
        var late = Put(Key(1, 10), 0);
        var early = Put(Key(1, 9), 0);
        var other = Put(Key(0, 0), 0);
        var again = Put(Key(1, 11), 0);

        Assert.Equal([early, late, again, other], new[] { other, again, late, early }.OrderBy(_table.ArrivalOf));
    }

    [Fact]
    public void A_page_that_comes_again_has_a_later_arrival()
    {
        var first = Put(Key(1, 0), 0);
        var arrival = _table.ArrivalOf(first);
        _table.Vacate(first);

        Assert.True(_table.ArrivalOf(Put(Key(1, 0), 0)) > arrival);
    }

    [Fact]
    public void Rows_of_one_client_are_enumerated_in_the_order_of_keys()
    {
        Put(Key(1, 600), 0);
        Put(Key(2, 0), 0);
        Put(Key(1, 3), 0);

        var keys = _table.HandlesOf(new ClientId(1)).Select(_table.KeyOf).ToList();

        Assert.Equal(512, keys.Count);
        Assert.Equal(keys.Order(), keys);
        Assert.All(keys, static key => Assert.Equal(1, key.Client.Number));
    }

    [Fact]
    public void It_behaves_like_a_dictionary() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 1500], Gen.Bool).Array[0, 400].Sample(operations =>
        {
            var table = new KeyTable<Row>();
            var model = new Dictionary<TaskKey, int>();
            foreach (var (client, sequence, add) in operations)
            {
                var key = Key(client, sequence);
                if (!model.ContainsKey(key) && add)
                {
                    model.Add(key, sequence);
                    var handle = table.EnsureHandle(key);
                    table.Occupy(handle);
                    table[handle].Value = sequence + 1;
                }
                else if (!add && model.Remove(key))
                {
                    table.Vacate(table.HandleOf(key));
                }
            }

            Assert.Equal(model.Count, table.Count);
            Assert.Equal(model.Keys.Order(), table.Handles().Where(handle => table[handle].Value > 0).Select(table.KeyOf).Order());
            Assert.All(model, pair => Assert.Equal(pair.Value + 1, table[table.HandleOf(pair.Key)].Value));
            Assert.Equal(model.Keys.Select(static key => key.Value >> 8).Distinct().Count(), table.PageCount);
        });

    private static TaskKey Key(int client, long sequence) => new(new ClientId(client), sequence);

    private int Put(TaskKey key, int value)
    {
        var handle = _table.EnsureHandle(key);
        _table.Occupy(handle);
        _table[handle].Value = value;
        return handle;
    }

    private struct Row
    {
        public int Value;
    }
}
