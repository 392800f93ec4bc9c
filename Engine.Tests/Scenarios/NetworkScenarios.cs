using System.Security.Cryptography;
using Engine.Tests.TestKit;
using Engine.Tests.TestKit.Networks;

namespace Engine.Tests.Scenarios;

/// <summary>What must hold on networks that are slow, lose packets, and break: four hosts with a kernel's TCP each, and processes on them.</summary>
[Collection("Processes")]
public sealed class NetworkScenarios
{
    private const int LeafCount = 240;
    private const int LeafRounds = 20_000;
    private const int ValueBytes = 2_000;
    private const int ValueCount = 3_000;
    private static readonly string[] s_b = ["b-0", "b-1"];

    [NetworkFact]
    public async Task A_slow_network_that_loses_packets_changes_no_result_and_a_host_retires_without_losing_anything()
    {
        await using var cluster = await NetworkCluster.StartAsync(seed: 1, timeToLive: "1m", static host =>
        {
            host.Delay = TimeSpan.FromMilliseconds(20);
            host.Jitter = TimeSpan.FromMilliseconds(5);
            host.Loss = 0.02;
        });
        var client = cluster.Client;
        var leaves = Enumerable.Range(0, 200).Select(i => client.Submit(Work, i, 1_000)).ToList();
        var pairs = Enumerable.Range(0, 100).Select(i => client.Submit(static (long x, long y) => x ^ y, leaves[2 * i], leaves[(2 * i) + 1])).ToList();
        var all = client.Submit(static (IReadOnlyList<long> values) => values.Aggregate(static (x, y) => unchecked((31 * x) + y)), pairs);
        var scattered = await client.ScatterManyAsync(Enumerable.Range(0, 20), new ScatterOptions { Workers = s_b }).Within("scatter");
        var expected = Enumerable.Range(0, 100).Select(static i => Work(2 * i, 1_000) ^ Work((2 * i) + 1, 1_000)).ToList();
        Assert.Equal(expected.Aggregate(static (x, y) => unchecked((31 * x) + y)), await all.AsTask().Within("the result"));

        var report = await client.RetireWorkersAsync(WorkerSelector.ByName(s_b)).Within("the retirement");

        Assert.Equal(s_b, report.Rows.Select(static row => row.Name).Order());
        Assert.All(report.Rows, static row => Assert.Equal((RetirementOutcome.Retired, 0, 0), (row.Outcome, row.Lost.Count, row.Recomputed.Count)));
        Assert.Equal(0, await cluster.NannyOfB.EndAsync());
        Assert.Equal(expected, await client.GatherAsync(pairs).Within("the results once more"));
        Assert.Equal(Enumerable.Range(0, 20), await client.GatherAsync(scattered).Within("what was scattered"));
        await AssertComputedOnceAsync(client, leaves.Concat(pairs).Append(all));
        await cluster.Members.CheckAsync();
        Assert.Equal([("b-0", true), ("b-1", true)], cluster.Members.Left.Select(static left => (left.Name, left.IsAnnounced)).Order());
        Assert.True(cluster.Hosts.Sum(static host => host.LostCount) > 0, "The network lost nothing.");
    }

    [NetworkFact]
    public async Task What_a_host_had_to_do_that_is_cut_off_is_done_elsewhere_and_when_it_is_back_it_has_new_incarnations()
    {
        await using var cluster = await NetworkCluster.StartAsync(seed: 2, timeToLive: "5s");
        var client = cluster.Client;
        var leaves = Enumerable.Range(0, LeafCount).Select(i => client.Submit(Work, i, LeafRounds)).ToList();
        var pairs = Enumerable.Range(0, LeafCount / 2).Select(i => client.Submit(static (long x, long y) => x ^ y, leaves[i], leaves[LeafCount - 1 - i])).ToList();
        await leaves[40].AsTask().Within("the first results");

        cluster.B.Cut();
        await cluster.Members.UntilAsync(static members => members.Left.Count == 2, "the workers that are cut off are given up");
        Assert.Equal([("b-0", false), ("b-1", false)], cluster.Members.Left.Select(static left => (left.Name, left.IsAnnounced)).Order());
        Assert.Equal(
            Enumerable.Range(0, LeafCount / 2).Select(static i => Work(i, LeafRounds) ^ Work(LeafCount - 1 - i, LeafRounds)), await client.GatherAsync(pairs).Within("the results, of one host"));

        cluster.B.Heal();
        await cluster.Members.UntilAsync(static members => members.Joined.Count == 6, "successors of those that were cut off");
        var there = client.Map(static (int x) => x + 1, Enumerable.Range(0, 10), new SubmitOptions { Workers = s_b });
        Assert.Equal(Enumerable.Range(1, 10), await client.GatherAsync(there).Within("results of the successors"));
        Assert.Equal(["a-0", "a-1", "b-0", "b-1"], (await client.GetWorkersAsync()).Select(static worker => worker.Name).Order());
        await cluster.Members.CheckAsync();
        Assert.Equal((6, 2), (cluster.Members.Joined.Count, cluster.Members.Left.Count));
    }

    [NetworkFact]
    public async Task A_host_that_is_cut_off_while_it_retires_is_not_let_in_again_and_what_it_took_along_is_listed()
    {
        await using var cluster = await NetworkCluster.StartAsync(seed: 3, timeToLive: "5s", static host => host.Delay = TimeSpan.FromMilliseconds(5));
        var client = cluster.Client;
        var there = new SubmitOptions { Workers = s_b, AllowOtherWorkers = true };
        var results = Enumerable.Range(0, ValueCount).Select(i => client.Submit(Value, i, there)).ToList();
        await client.WaitAsync(results).Within("the results");
        var scattered = await client.ScatterManyAsync(Enumerable.Range(0, ValueCount).Select(Value), new ScatterOptions { Workers = s_b }).Within("scatter");
        var onB = await CountOnAsync(cluster, results.Concat(scattered), s_b);

        // From each of two workers to each of two others go some 1 500 values, at most 1 024 at a time: after five sixths of the bytes some have come.
        var isCut = cluster.B.CutAfterAsync(onB * ValueBytes / 6 * 5);
        var retirement = client.RetireWorkersAsync(WorkerSelector.ByName(s_b));
        await isCut.Within("the cut, in the middle of the moves");
        var report = await retirement.Within("the report");

        Assert.Contains(report.Rows, static row => row.Outcome == RetirementOutcome.Vanished); // The other may have been quicker than the cut.
        Assert.DoesNotContain(report.Rows, static row => row.Outcome == RetirementOutcome.Refused);
        var lost = report.Rows.SelectMany(static row => row.Lost).ToHashSet();
        var recomputed = report.Rows.SelectMany(static row => row.Recomputed).ToHashSet();
        Assert.Subset(scattered.Select(static future => future.Key).ToHashSet(), lost);
        Assert.Subset(results.Select(static future => future.Key).ToHashSet(), recomputed);
        Assert.Equal(onB - report.Rows.Sum(static row => row.MovedCount), lost.Count + recomputed.Count);
        Assert.InRange(lost.Count + recomputed.Count, 1, onB - 1);
        cluster.B.Heal();
        Assert.Equal(0, await cluster.NannyOfB.EndAsync());
        Assert.Equal(Enumerable.Range(0, ValueCount).Select(Value), await client.GatherAsync(results).Within("what was computed"));
        var kept = Enumerable.Range(0, ValueCount).Where(i => !lost.Contains(scattered[i].Key)).ToList();
        Assert.Equal(kept.Select(Value), await client.GatherAsync(kept.Select(i => scattered[i])).Within("what was scattered and is not listed"));
        foreach (var future in scattered.Where(future => lost.Contains(future.Key)))
        {
            await Assert.ThrowsAsync<LostDataException>(() => future.AsTask().Within("a loss"));
        }

        Assert.Equal(3, await cluster.StartNanny(cluster.B, "b").EndAsync()); // Its host is on the ledger.
        Assert.Equal(["a-0", "a-1"], (await client.GetWorkersAsync()).Select(static worker => worker.Name).Order());
        await cluster.Members.CheckAsync();
        Assert.Equal((4, 2), (cluster.Members.Joined.Count, cluster.Members.Left.Count));
    }

    [NetworkFact]
    public async Task A_cut_that_is_over_before_anybody_gives_up_loses_nothing_at_all()
    {
        await using var cluster = await NetworkCluster.StartAsync(seed: 4, timeToLive: "20s");
        var client = cluster.Client;
        var results = Enumerable.Range(0, LeafCount).Select(i => client.Submit(Work, i, LeafRounds)).ToList();
        await results[40].AsTask().Within("the first results");

        var healed = cluster.B.CutForAsync(TimeSpan.FromSeconds(2));
        var more = Enumerable.Range(0, 20).Select(i => client.Submit(static (long x, int y) => x + y, results[i], i, new SubmitOptions { Workers = s_b })).ToList();
        await healed.Within("the end of the cut");

        Assert.Equal(Enumerable.Range(0, LeafCount).Select(static i => Work(i, LeafRounds)), await client.GatherAsync(results).Within("the results"));
        Assert.Equal(Enumerable.Range(0, 20).Select(static i => Work(i, LeafRounds) + i), await client.GatherAsync(more).Within("results of the host that was cut off"));
        await AssertComputedOnceAsync(client, results.Concat(more));
        await cluster.Members.CheckAsync();
        Assert.Equal((4, 0), (cluster.Members.Joined.Count, cluster.Members.Left.Count));
    }

    /// <summary>Some milliseconds of work, whose result shows that it was done.</summary>
    private static long Work(int seed, int rounds)
    {
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        BitConverter.TryWriteBytes(bytes, seed);
        for (var i = 0; i < rounds; i++)
        {
            SHA256.HashData(bytes, bytes);
        }

        return BitConverter.ToInt64(bytes);
    }

    private static byte[] Value(int seed)
    {
        var bytes = new byte[ValueBytes];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>How many values only some workers hold; a few tasks may have been taken over by others.</summary>
    private static async Task<int> CountOnAsync(NetworkCluster cluster, IEnumerable<Future> futures, string[] names)
    {
        var holders = await cluster.Client.WhoHasAsync(futures).Within("the holders");
        var ids = (await cluster.Client.GetWorkersAsync()).Where(worker => names.Contains(worker.Name)).Select(static worker => worker.Id).ToHashSet();
        return holders.Values.Count(ids.IsSupersetOf);
    }

    private static async Task AssertComputedOnceAsync(Client client, IEnumerable<Future> futures)
    {
        var stories = await Task.WhenAll(futures.Select(future => client.StoryAsync(future))).Within("the stories");
        Assert.All(stories, static story => Assert.Single(story, static line => line.Finish == "Memory"));
    }
}
