using Engine.Mutation.Guards;
using Engine.Mutation.Stock;

namespace Engine.Mutation;

/// <summary>What the gate tests of itself in each run: that it turns red when it should.</summary>
internal static class GateSelfTests
{
    public static void AddTo(GateReport report)
    {
        Require("a gate that has tried nothing is red", new GateReport().ExitCode != 0);

        Require("a guarded site without mutants turns it red", IsFault([], []));
        Require("a mutant that is gone from a guarded site turns it red", IsFault(["there", "gone"], [("there", true)]));
        Require("a mutant that nobody wrote down turns it red", IsFault(["there"], [("there", true), ("new", true)]));
        Require("a mutant that survives at a guarded site turns it red", IsFault(["there"], [("there", false)]));

        var score = new CoreScore("core", 60, 80);
        Require("a score that falls turns it red", !score.Holds(new CoreScore("core", 61, 80)) && !score.Holds(new CoreScore("core", 59, 78)));
        Require("a score that nobody wrote down turns it red", !score.Holds(null));
        Require("a score that stays or rises doesn't", score.Holds(score) && score.Holds(new CoreScore("core", 61, 82)));

        void Require(string name, bool holds) => report.Add(LayerNames.SelfTests, string.Empty, name, holds, string.Empty);
    }

    private static bool IsFault(IReadOnlyList<string> written, IReadOnlyList<(string Name, bool IsKilled)> mutants) => GuardList.FaultOf(written, mutants) is not null;
}
