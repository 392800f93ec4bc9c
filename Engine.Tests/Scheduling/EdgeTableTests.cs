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
}
