using Engine.Nannies.Processes;

namespace Engine.Tests.Nannies.Processes;

/// <summary>Why a worker process ended follows from what was done to it, what it said, and how it ended.</summary>
public sealed class ProcessEndTests
{
    private static readonly (CloseReason, string) s_kill = (CloseReason.MemoryLimit, "too much");

    [Fact]
    public void Who_was_killed_ended_for_that_whatever_it_said() =>
        Assert.Equal(s_kill, ProcessEnd.Of(s_kill, (CloseReason.Retired, "it was retired"), 137));

    [Fact]
    public void Who_said_why_and_ended_as_one_does_then_is_believed() =>
        Assert.Equal((CloseReason.Retired, "it was retired"), ProcessEnd.Of(null, (CloseReason.Retired, "it was retired"), 0));

    [Fact]
    public void Who_said_why_and_ended_otherwise_is_believed_with_a_note() => Assert.Equal(
        (CloseReason.Retired, "it was retired; its process was killed by SIGABRT (exit code 134)"),
        ProcessEnd.Of(null, (CloseReason.Retired, "it was retired"), 134));

    [Theory]
    [InlineData(0, "ended with exit code 0")]
    [InlineData(1, "ended with exit code 1")]
    [InlineData(-1073741819, "ended with exit code -1073741819")]
    [InlineData(137, "was killed by SIGKILL (exit code 137)")]
    [InlineData(200, "ended with exit code 200")]
    public void Who_said_nothing_crashed(int exitCode, string what) =>
        Assert.Equal((CloseReason.Crashed, $"its process {what}, without a word"), ProcessEnd.Of(null, null, exitCode));

    [Theory]
    [InlineData(CloseReason.Retired, 0)]
    [InlineData(CloseReason.SchedulerClosed, 0)]
    [InlineData(CloseReason.Missing, 0)]
    [InlineData(CloseReason.Refused, 3)]
    [InlineData(CloseReason.Restart, 1)]
    [InlineData(CloseReason.InternalError, 1)]
    [InlineData(CloseReason.StartFailed, 1)]
    [InlineData(CloseReason.SchedulerLost, 1)]
    public void The_exit_code_says_whether_to_start_it_again(CloseReason reason, int code) => Assert.Equal(code, (int)WorkerExitCodes.Of(reason));

    [Theory]
    [InlineData("66666 1000 800 1 0 500 0\n", 1000)]
    [InlineData("", 0)]
    [InlineData("nonsense text", 0)]
    public void Memory_is_the_second_number_in_pages(string text, long pages) =>
        Assert.Equal(pages * Environment.SystemPageSize, ProcessMemory.ReadStatm(text));
}
