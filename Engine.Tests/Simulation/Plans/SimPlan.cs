using Engine.Tests.Simulation.Chance;

namespace Engine.Tests.Simulation.Plans;

/// <summary>Something that somebody does, or that happens to somebody. What exactly is drawn from the dice of its number when it is its turn.</summary>
internal enum Act : byte
{
    // Who is there.
    AddClient,
    AddWorker,
    AddNanny,
    AddWatchedWorker,
    AddWatchedNanny,
    MakeCluster,

    // What clients want.
    Submit,
    SubmitMap,
    Release,
    Cancel,
    Retry,
    FireAndForget,
    Share,
    Replicate,
    ReportMissing,
    CloseClient,

    // Who steers workers.
    Retire,
    RetireByCount,
    RestartWorkers,
    RestartAll,
    Readmit,
    Pause,
    Resume,
    CloseWorker,
    Rebalance,
    Scale,
    Adapt,

    // What goes wrong.
    KillWorker,
    KillNanny,
    LoseHost,
    CutLink,
    SilenceLink,
    FreezeLink,
    SlowNetwork,
    StopWorker,
    StopNanny,
    StopScheduler,
    ExceedMemory,
    BreakStore,
    FailStarts,
    KillLate,
}

/// <summary>A step of a plan.</summary>
/// <param name="Number">Its place in the plan as it was drawn, and the number of its dice: shrinking a plan leaves both as they are.</param>
/// <param name="At">When, in virtual time.</param>
/// <param name="Act">What.</param>
internal readonly record struct PlanStep(int Number, TimeSpan At, Act Act)
{
    public bool IsFault => Act >= Act.KillWorker;

    public override string ToString() => $"{Number} {Act}@{At.TotalMilliseconds:0.###}";
}

/// <summary>All that is done and that goes wrong in a world, by the seed. A schedule is a plan, and the chances of the seed while it is carried out.</summary>
internal sealed record SimPlan(ulong Seed, SimSettings Settings, IReadOnlyList<PlanStep> Steps)
{
    private static readonly Act[] s_members = [Act.AddWorker, Act.AddWorker, Act.AddNanny, Act.AddNanny, Act.AddWatchedWorker, Act.AddWatchedNanny];

    /// <summary>What clients do, the more often the more it is listed.</summary>
    private static readonly Act[] s_work =
    [
        Act.Submit, Act.Submit, Act.Submit, Act.Submit, Act.SubmitMap, Act.SubmitMap, Act.Release, Act.Release, Act.Cancel, Act.Retry,
        Act.FireAndForget, Act.Share, Act.Share, Act.Replicate, Act.ReportMissing, Act.CloseClient,
    ];

    private static readonly Act[] s_steering =
    [
        Act.Retire, Act.Retire, Act.Retire, Act.RetireByCount, Act.RestartWorkers, Act.RestartAll, Act.Readmit, Act.Pause, Act.Resume, Act.CloseWorker,
        Act.Rebalance, Act.Scale, Act.Scale, Act.Adapt, Act.AddWorker, Act.AddNanny,
    ];

    private static readonly Act[] s_faults = [.. Enum.GetValues<Act>().Where(static act => act >= Act.KillWorker)];

    public static SimPlan Of(ulong seed)
    {
        var chooser = new SeededChooser(seed);
        var dice = chooser.At(Choice.Plan, 0);
        var settings = SimSettings.Of(dice, chooser.At(Choice.Plan, 0xE4));
        var steps = new List<PlanStep>();
        Add(Act.AddClient, TimeSpan.Zero);
        for (var i = dice.Below(2); i > 0; i--)
        {
            Add(Act.AddClient, TimeSpan.Zero);
        }

        for (var i = 1 + dice.Below(3); i > 0; i--)
        {
            Add(dice.Of(s_members), TimeSpan.Zero);
        }

        if (dice.OneIn(3))
        {
            Add(Act.MakeCluster, TimeSpan.Zero);
        }

        var length = TimeSpan.FromMilliseconds(5 + dice.Below(60));
        AddMany(s_work, 2 + dice.Below(10));
        AddMany(s_steering, dice.Below(6));
        AddMany(s_faults, dice.OneIn(4) ? 0 : dice.Below(5));
        return new SimPlan(seed, settings, [.. steps.OrderBy(static step => step.At)]);

        void Add(Act act, TimeSpan at) => steps.Add(new PlanStep(steps.Count, at, act));

        void AddMany(Act[] acts, int count)
        {
            for (; count > 0; count--)
            {
                Add(dice.Of(acts), dice.Between(TimeSpan.Zero, length));
            }
        }
    }

    public override string ToString() => string.Join(", ", Steps);
}
