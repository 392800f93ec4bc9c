using Engine.Nannies.Machine;
using Engine.Plugins;
using VerifyXunit;

namespace Engine.Tests.Nannies;

/// <summary>The table of closing: a change of a row shows in the snapshot, and each row's meaning is held by a rule beside it.</summary>
[UsesVerify]
public sealed class CloseTableTests
{
    private static readonly CloseReason[] s_replaced =
    [
        CloseReason.SchedulerLost, CloseReason.Restart, CloseReason.LifetimeRestart, CloseReason.Expired, CloseReason.MemoryLimit,
        CloseReason.Crashed, CloseReason.InternalError,
    ];

    public static TheoryData<CloseReason> Reasons => [.. Enum.GetValues<CloseReason>()];

    [Fact]
    public async Task Table() => await Verifier.Verify(string.Join('\n', Enum.GetValues<CloseReason>().Select(static reason =>
        $"{reason}: {CloseTable.ActionOf(reason)}, {(CloseTable.IsExpected(reason) ? "expected" : "unexpected")}, strength {CloseTable.StrengthOf(reason)}")));

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Every_reason_has_a_row(CloseReason reason)
    {
        Assert.True(Enum.IsDefined(CloseTable.ActionOf(reason)));
        Assert.InRange(CloseTable.StrengthOf(reason), 0, 3);
    }

    [Fact]
    public void A_reason_that_is_none_is_an_error() =>
        Assert.Contains("row in the table of closing", Assert.Throws<ArgumentOutOfRangeException>(static () => CloseTable.ActionOf((CloseReason)999)).Message, StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Only_what_asks_for_a_successor_or_happens_to_the_worker_leads_to_one(CloseReason reason) =>
        Assert.Equal(s_replaced.Contains(reason), CloseTable.ActionOf(reason) == NannyAction.Restart);

    [Fact]
    public void Missing_closes_together_8522() => Assert.Equal(NannyAction.CloseTogether, CloseTable.ActionOf(CloseReason.Missing));

    [Fact]
    public void Only_a_start_that_failed_fails_the_nanny() =>
        Assert.Equal([CloseReason.StartFailed], Enum.GetValues<CloseReason>().Where(static reason => CloseTable.ActionOf(reason) == NannyAction.Fail));

    [Fact]
    public void What_closes_together_was_always_announced() =>
        Assert.All(Enum.GetValues<CloseReason>().Where(static reason => CloseTable.ActionOf(reason) == NannyAction.CloseTogether), static reason => Assert.True(CloseTable.IsExpected(reason)));

    [Fact]
    public void A_kill_is_stronger_than_a_close_and_a_close_than_a_restart()
    {
        Assert.True(CloseTable.StrengthOf(CloseReason.MemoryLimit) > CloseTable.StrengthOf(CloseReason.Retired));
        Assert.True(CloseTable.StrengthOf(CloseReason.Missing) > CloseTable.StrengthOf(CloseReason.Restart));
        Assert.True(CloseTable.StrengthOf(CloseReason.Restart) > CloseTable.StrengthOf(CloseReason.Crashed)); // Whatever was said is more than nothing.
    }
}
