using Engine.Mutation.Running;

namespace Engine.Mutation;

/// <summary>The mutation gate. See README.md.</summary>
internal static class Program
{
    /// <summary>The argument with which it starts itself as a child that runs tests.</summary>
    public const string WorkerCommand = "--worker";

    public static async Task<int> Main(string[] args) => args switch
    {
        [WorkerCommand, var folder, var engine] => TestWorker.Run(folder, engine),
        _ => await new Gate(GateOptions.Parse(args)).RunAsync(),
    };
}
