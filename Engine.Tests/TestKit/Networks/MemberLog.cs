using System.Text.RegularExpressions;

namespace Engine.Tests.TestKit.Networks;

/// <summary>Who joined a cluster and left it, read from the scheduler's topic <c>workers</c>: its turn that tells plugins writes it.</summary>
internal sealed partial class MemberLog(Client client, TopicSubscription subscription) : IAsyncDisposable
{
    private const string Mark = "so far";
    private readonly IAsyncEnumerator<TopicEvent> _events = subscription.GetAsyncEnumerator();

    /// <summary>Incarnations that joined, with their names, in order.</summary>
    public List<(string Id, string Name)> Joined { get; } = [];

    /// <summary>Incarnations that left, with their names, and whether that was announced.</summary>
    public List<(string Id, string Name, bool IsAnnounced)> Left { get; } = [];

    /// <summary>Reads on until something is so.</summary>
    public async Task UntilAsync(Func<MemberLog, bool> isSo, string phase)
    {
        while (!isSo(this))
        {
            Add(await NextAsync(phase));
        }
    }

    /// <summary>Reads all that there is so far. No incarnation was told twice, nor as one that left without having joined (I4).</summary>
    public async Task CheckAsync()
    {
        await client.LogEventAsync(subscription.Topic, Mark).Within("an event");
        for (var line = await NextAsync("the event"); line != Mark; line = await NextAsync("the event"))
        {
            Add(line);
        }

        Assert.Equal(Joined.Count, Joined.DistinctBy(static member => member.Id).Count());
        Assert.Equal(Left.Count, Left.DistinctBy(static member => member.Id).Count());
        Assert.Subset(Joined.ToHashSet(), Left.Select(static member => (member.Id, member.Name)).ToHashSet());
    }

    public override string ToString() => $"joined: {string.Join(", ", Joined)}; left: {string.Join(", ", Left)}";

    public async ValueTask DisposeAsync()
    {
        subscription.Dispose();
        await _events.DisposeAsync();
    }

    [GeneratedRegex(@"^(?<id>worker-\d+) \((?<name>.*)\) (?<what>joined$|left, as announced|left, unannounced)")]
    private static partial Regex Line();

    private async Task<string> NextAsync(string phase)
    {
        Assert.True(await _events.MoveNextAsync().AsTask().Within($"{phase}; so far {this}"));
        return $"{_events.Current.Content}";
    }

    private void Add(string line)
    {
        var match = Line().Match(line);
        var (id, name) = (match.Groups["id"].Value, match.Groups["name"].Value);
        switch (match.Groups["what"].Value)
        {
            case "joined":
                Joined.Add((id, name));
                break;
            case "left, as announced":
                Left.Add((id, name, true));
                break;
            case "left, unannounced":
                Left.Add((id, name, false));
                break;
        }
    }
}
