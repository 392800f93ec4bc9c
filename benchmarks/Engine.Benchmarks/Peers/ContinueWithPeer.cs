namespace Engine.Benchmarks.Peers;

/// <summary>A chain by <c>ContinueWith</c>, with each hop run inline where its predecessor ended: the fastest in .NET.</summary>
internal sealed class ContinueWithPeer() : Contender("ContinueWith inline")
{
    public override bool Supports(Scenario scenario) => scenario.Shape == Shape.Chain;

    public override Func<Task<object>> Prepare(Shape shape, int size)
    {
        var links = new Task<int>[size];
        return () => ChainAsync(links);
    }

    private async Task<object> ChainAsync(Task<int>[] links)
    {
        links[0] = Task.Run(static () => 1);
        for (var i = 1; i < links.Length; i++)
        {
            links[i] = links[i - 1].ContinueWith(
                static previous => previous.Result + 1,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }

        Check.Equal(links.Length, await links[^1], Name);
        return links;
    }
}
