using Engine.Plugins;
using Engine.Tests.TestKit;
using Engine.Tests.TestKit.Processes;

namespace Engine.Tests.Scenarios;

/// <summary>A worker process that has less memory than its data needs, with the store that it has by itself.</summary>
[Collection("Processes")]
public sealed class ProcessSpillScenarios
{
    private const int Size = 1 << 16;
    private const int Limit = 16 * Size;
    private const int Count = 4 * 16;

    [Fact]
    public async Task A_process_holds_four_times_its_limit_in_files_hands_all_over_when_it_retires_and_leaves_none_behind()
    {
        var temporary = Directory.CreateTempSubdirectory("spill");
        await using (var cluster = await ProcessCluster.StartAsync(2, options =>
        {
            options.Nanny.Plugins["temporary"] = () => new TemporaryFiles(temporary.FullName);
            options.ConfigureWorker = static (place, worker) =>
            {
                if (place == 0)
                {
                    (worker.MemoryLimit, worker.MemoryTerminate) = (Limit, null); // The runtime of a process alone takes more.
                }
            };
        }))
        {
            var here = new SubmitOptions { Workers = ["0"] };
            var scattered = await cluster.Client.ScatterManyAsync(
                Enumerable.Range(0, Count / 2).Select(ValueOf), new ScatterOptions { Workers = ["0"] }).Within("scatter");
            var computed = Enumerable.Range(Count / 2, Count / 2).Select(i => cluster.Client.Submit(ValueOf, i, here)).ToList();
            await cluster.Client.WaitAsync(computed).Within("the computed values");
            List<Future<byte[]>> all = [.. scattered, .. computed];

            // Who has more in memory than its limit allows is paused, so this runs when enough is in files.
            var files = cluster.Client.Submit(CountFiles, temporary.FullName, here);
            Assert.InRange(await files.AsTask().Within("the files are counted"), Count - 16, Count);
            AssertValues(await cluster.Client.GatherAsync(all).Within("the values"));

            var report = await cluster.Client.RetireWorkersAsync(WorkerSelector.ByName("0")).Within("the retirement");

            var row = Assert.Single(report.Rows);
            Assert.Equal((RetirementOutcome.Retired, Count + 1, 0, 0), (row.Outcome, row.MovedCount, row.Lost.Count, row.Recomputed.Count)); // And how many files there are.
            AssertValues(await cluster.Client.GatherAsync(all).Within("the values, from the other worker"));
            GC.KeepAlive(files);
        }

        Assert.Equal(0, CountFiles(temporary.FullName));
        Assert.Empty(temporary.GetDirectories("engine-spill-*"));
        temporary.Delete(recursive: true);
    }

    private static byte[] ValueOf(int number)
    {
        var value = new byte[Size];
        Array.Fill(value, (byte)number);
        return value;
    }

    private static int CountFiles(string temporary) =>
        Directory.GetDirectories(temporary, "engine-spill-*").Sum(static directory => Directory.GetFiles(directory).Length);

    private static void AssertValues(IEnumerable<byte[]> values) => Assert.All(values, static (value, i) =>
    {
        Assert.Equal(Size, value.Length);
        Assert.Equal((i, i), (value[0], value[^1]));
    });

    /// <summary>Gives worker processes a place of their own for temporary files.</summary>
    private sealed class TemporaryFiles(string directory) : NannyPlugin
    {
        public override ValueTask BeforeStartAsync(WorkerStart start, CancellationToken cancellationToken)
        {
            start.Environment["TMPDIR"] = directory;
            return default;
        }
    }
}
