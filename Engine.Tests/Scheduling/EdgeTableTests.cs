using CsCheck;
using Engine.Scheduling.Machine;

namespace Engine.Tests.Scheduling;

public sealed class EdgeTableTests
{
    [Fact]
    public void Zero_is_no_edge() => Assert.NotEqual(0, new EdgeTable().Add(1, 2));

    [Fact]
    public void An_edge_that_was_removed_is_used_again()
    {
        var edges = new EdgeTable();
        edges.Add(1, 2);
        var second = edges.Add(3, 4);
        edges.Remove(second);

        Assert.Equal(second, edges.Add(5, 6));
        Assert.Equal((5, 6, 0, 0, 0), (edges[second].Dependency, edges[second].Dependent, edges[second].NextDependency, edges[second].NextDependent, edges[second].PreviousDependent));
    }

    [Fact]
    public void Edges_keep_what_they_were_given() =>
        Gen.Int[0, 9].Array[0, 100].Sample(operations =>
        {
            var edges = new EdgeTable();
            var model = new Dictionary<int, (int, int)>();
            var number = 0;
            foreach (var operation in operations)
            {
                if (operation < 6 || model.Count == 0)
                {
                    for (var i = 0; i < 100; i++)
                    {
                        model.Add(edges.Add(number, number + 1), (number++, number));
                    }
                }
                else
                {
                    var share = operation == 9 ? model.Count : model.Count / 2;
                    foreach (var edge in model.Keys.Take(share).ToList())
                    {
                        edges.Remove(edge);
                        model.Remove(edge);
                    }
                }

                Assert.Equal(model.Count, edges.Count);
            }

            Assert.All(model, pair => Assert.Equal(pair.Value, (edges[pair.Key].Dependency, edges[pair.Key].Dependent)));
        }, iter: 30);

    [Fact]
    public void An_edge_that_is_linked_is_not_used_again_with_the_one_that_pointed_to_it()
    {
        var edges = new EdgeTable();
        var (kept, removed) = (edges.Add(1, 2), edges.Add(3, 2));
        edges[removed].NextDependency = kept;
        edges.Remove(removed);

        Assert.DoesNotContain(kept, new[] { edges.Add(5, 6), edges.Add(7, 8) });
    }

    [Fact]
    public void A_table_without_edges_begins_anew()
    {
        var edges = new EdgeTable();
        var first = edges.Add(1, 2);
        var second = edges.Add(3, 4);
        edges.Remove(first);
        edges.Remove(second);

        Assert.Equal((first, second), (edges.Add(5, 6), edges.Add(7, 8)));
    }

    [Fact]
    public void There_may_be_a_great_many_edges()
    {
        var edges = new EdgeTable();
        for (var i = 1; i <= 200_000; i++)
        {
            edges.Add(i, -i);
        }

        Assert.Equal((1, 65_536, 200_000), (edges[1].Dependency, edges[65_536].Dependency, edges[200_000].Dependency));
    }
}
