namespace Engine;

/// <content>Topics of events.</content>
public sealed partial class Client
{
    private void OnTopicEvent(TopicEvent logged)
    {
    }

    private void EndSubscriptions()
    {
    }
}
