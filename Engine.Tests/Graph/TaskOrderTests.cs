using CsCheck;
using Engine.Graph;

namespace Engine.Tests.Graph;

public sealed class TaskOrderTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(10)]
    public void A_binary_tree_holds_no_more_results_than_it_is_deep(int depth)
    {
        var inputs = Tree(depth);
        var order = TaskOrder.Of(inputs, [inputs.Length - 1]);

        AssertValid(inputs, order);
        Assert.True(PeakLive(inputs, order, [inputs.Length - 1]) <= depth + 1);
    }

    [Fact]
    public void A_chain_is_finished_before_the_next_is_started()
    {
        // Task 3 * i + c is step i of chain c.
        var inputs = Enumerable.Range(0, 12).Select(task => task < 3 ? Array.Empty<int>() : [task - 3]).ToArray();

        Assert.Equal([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11], TaskOrder.Of(inputs, [9, 10, 11]));
    }

    [Fact]
    public void The_wider_input_goes_first()
    {
        // 5 needs 0 and 4; 4 needs 1, 2 and 3, so three results are alive before it is computed.
        int[][] inputs = [[], [], [], [], [1, 2, 3], [0, 4]];

        Assert.Equal([1, 2, 3, 4, 0, 5], TaskOrder.Of(inputs, [5]));
    }

    [Fact]
    public void Of_equally_wide_inputs_the_longer_way_goes_first()
    {
        int[][] inputs = [[], [], [1], [0, 2]];

        Assert.Equal([1, 2, 0, 3], TaskOrder.Of(inputs, [3]));
    }

    [Fact]
    public void The_last_use_of_a_result_runs_at_once_also_for_another_output()
    {
        // 4 = f(0, 1) and 5 = g(0, 1): both reductions of the same leaves; 6 and 7 go on from 4 with leaves 2 and 3.
        int[][] inputs = [[], [], [], [], [0, 1], [0, 1], [4, 2], [6, 3]];
        var order = TaskOrder.Of(inputs, [7, 5]);

        AssertValid(inputs, order);
        Assert.Equal(Array.IndexOf(order, 4) + 1, Array.IndexOf(order, 5));
    }

    [Fact]
    public void The_next_target_is_the_last_use_of_something_alive()
    {
        // Output 5 + i needs leaves i and i + 1, and they are asked for out of order.
        int[][] inputs = [[], [], [], [], [], [0, 1], [1, 2], [2, 3], [3, 4]];
        int[] outputs = [5, 8, 6, 7];
        var order = TaskOrder.Of(inputs, outputs);

        Assert.Equal([0, 1, 5, 2, 6, 3, 7, 4, 8], order);
    }

    [Fact]
    public void Many_branches_from_one_source_are_finished_one_by_one()
    {
        // 0 is loaded; 1 + i parses part i of it; 101 + i is the output of that part.
        var inputs = Enumerable.Range(0, 201).Select(task => task == 0 ? Array.Empty<int>() : task <= 100 ? [0] : [task - 100]).ToArray();
        int[] outputs = [.. Enumerable.Range(101, 100)];
        var order = TaskOrder.Of(inputs, outputs);

        AssertValid(inputs, order);
        Assert.True(PeakLive(inputs, order, []) <= 3);
    }

    [Fact]
    public void A_hundred_thousand_tasks_in_a_row_need_no_recursion()
    {
        var inputs = Enumerable.Range(0, 100_000).Select(task => task == 0 ? Array.Empty<int>() : [task - 1]).ToArray();

        Assert.Equal(Enumerable.Range(0, 100_000), TaskOrder.Of(inputs, [99_999]));
    }

    [Fact]
    public void A_hundred_thousand_tasks_around_one_cost_no_more_than_their_edges()
    {
        // One source, users of it, and one sink: quadratic work would take minutes.
        const int last = 99_999;
        var inputs = Enumerable.Range(0, last + 1)
            .Select(task => task == 0 ? Array.Empty<int>() : task == last ? [.. Enumerable.Range(0, last)] : [0])
            .ToArray();

        AssertValid(inputs, TaskOrder.Of(inputs, [last]));
    }

    [Fact]
    public void A_cycle_is_refused() => Assert.Throws<ArgumentException>(() => TaskOrder.Of([[1], [0]], [0]));

    [Fact]
    public void Any_graph_is_ordered_completely_inputs_first_and_always_alike() =>
        Gen.Int[1, 40].SelectMany(count => Gen.Select(Gen.Int[0, int.MaxValue], Gen.Int[0, 4]).Array[count]).Sample(seeds =>
        {
            var inputs = seeds.Select((seed, task) => Pick(seed.Item1, task, seed.Item2)).ToArray();
            var needed = inputs.SelectMany(each => each).ToHashSet();
            int[] outputs = [.. Enumerable.Range(0, inputs.Length).Where(task => !needed.Contains(task))];
            var order = TaskOrder.Of(inputs, outputs);

            AssertValid(inputs, order);
            Assert.Equal(order, TaskOrder.Of([.. inputs.Select(each => each.ToArray())], outputs));
        });

    // Some earlier tasks, each once.
    private static int[] Pick(int seed, int task, int count) =>
        task == 0 ? [] : [.. Enumerable.Range(1, count).Select(i => (int)(seed * (long)i % task)).Distinct()];

    private static int[][] Tree(int depth)
    {
        var inputs = new List<int[]>();
        inputs.AddRange(Enumerable.Repeat(Array.Empty<int>(), 1 << depth));
        for (var (start, width) = (0, 1 << depth); width > 1; (start, width) = (start + width, width / 2))
        {
            for (var i = 0; i < width; i += 2)
            {
                inputs.Add([start + i, start + i + 1]);
            }
        }

        return [.. inputs];
    }

    private static void AssertValid(int[][] inputs, int[] order)
    {
        var place = new int[inputs.Length];
        Array.Fill(place, -1);
        for (var i = 0; i < order.Length; i++)
        {
            Assert.Equal(-1, place[order[i]]);
            place[order[i]] = i;
        }

        Assert.Equal(inputs.Length, order.Length);
        for (var task = 0; task < inputs.Length; task++)
        {
            Assert.True(Array.TrueForAll(inputs[task], input => place[input] < place[task]), $"{task} comes before an input");
        }
    }

    // The most results that are alive between two tasks; a result ends with its last use, unless it is kept.
    private static int PeakLive(int[][] inputs, int[] order, int[] kept)
    {
        var uses = new int[inputs.Length];
        foreach (var input in inputs.SelectMany(each => each))
        {
            uses[input]++;
        }

        var (live, peak) = (0, 0);
        foreach (var task in order)
        {
            live += uses[task] > 0 || kept.Contains(task) ? 1 : 0;
            live -= inputs[task].Count(input => --uses[input] == 0 && !kept.Contains(input));
            peak = Math.Max(peak, live);
        }

        return peak;
    }
}
