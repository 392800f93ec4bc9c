namespace Engine.Tests.TestKit.Overloads;

/// <summary>The generated files of the repository, by path from its root.</summary>
internal static class OverloadFiles
{
    public static IReadOnlyDictionary<string, Func<string>> All { get; } = new Dictionary<string, Func<string>>
    {
        ["Engine/Tasks/Calls/Calls.g.cs"] = CallClasses.Calls,
        ["Engine/Tasks/Calls/MapCalls.g.cs"] = CallClasses.MapCalls,
        ["Engine/Clients/TaskSubmitter.Submit.g.cs"] = OverloadMethods.Submit,
        ["Engine/Clients/TaskSubmitter.SubmitAsync.g.cs"] = OverloadMethods.SubmitAsync,
        ["Engine/Clients/TaskSubmitter.Map.g.cs"] = OverloadMethods.Map,
        ["Engine/Graph/TaskGraph.Add.g.cs"] = OverloadMethods.GraphAdd,
    };
}
