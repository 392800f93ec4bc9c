using Engine.Protocol;
using Engine.Tests.TestKit.Wire;

namespace Engine.Tests.Comms.Wire;

/// <summary>Events may hold anything; logging one never fails of it.</summary>
public sealed class EventContentTests
{
    [Fact]
    public void What_can_not_be_written_arrives_as_its_text() => Assert.Equal("(1, here)", Cross(new Unwritable("(1, here)")));

    [Fact]
    public void What_has_no_text_arrives_as_its_type() => Assert.Equal(nameof(Mute), Cross(new Mute()));

    [Fact]
    public void What_comes_behind_such_a_content_arrives_too()
    {
        var link = WireLink.For(typeof(Reply));
        TopicEvent[] events = [new("a", default, new Mute()), new("b", default, "text")];
        var read = Assert.IsAssignableFrom<IReadOnlyList<TopicEvent>>(((Reply)link.Read(link.Write(new Reply(1, events)))).Value);
        Assert.Equal(["Mute", "text"], read.Select(static topicEvent => topicEvent.Content));
    }

    private static object? Cross(object content)
    {
        var link = WireLink.For(typeof(LogEventMessage));
        return ((LogEventMessage)link.Read(link.Write(new LogEventMessage("topic", content)))).Content;
    }

    private sealed class Unwritable(string text)
    {
        public Action Code { get; } = static () => { };

        public override string ToString() => text;
    }

    private sealed class Mute
    {
        public Action Code { get; } = static () => { };

        public override string ToString() => throw new NotImplementedException();
    }
}
