using Engine.Collections;
using Engine.Plugins.Transports;

namespace Engine.Protocol;

/// <summary>Gives a batch that has been read back to its pool.</summary>
internal static class MessagePools
{
    public static void Return(Message message)
    {
        switch (message)
        {
            case SubmitBatch batch:
                BatchPool<SubmitBatch>.Return(batch);
                break;
            case ReleaseKeys batch:
                BatchPool<ReleaseKeys>.Return(batch);
                break;
            case ComputeBatch batch:
                BatchPool<ComputeBatch>.Return(batch);
                break;
            case FreeKeys batch:
                BatchPool<FreeKeys>.Return(batch);
                break;
            case StealRequest batch:
                BatchPool<StealRequest>.Return(batch);
                break;
            case AcquireReplicas batch:
                BatchPool<AcquireReplicas>.Return(batch);
                break;
            case FinishedBatch batch:
                BatchPool<FinishedBatch>.Return(batch);
                break;
            case StealResponse batch:
                BatchPool<StealResponse>.Return(batch);
                break;
            case ReplicasAdded batch:
                BatchPool<ReplicasAdded>.Return(batch);
                break;
            case TasksReturned batch:
                BatchPool<TasksReturned>.Return(batch);
                break;
            case InterruptTasks batch:
                BatchPool<InterruptTasks>.Return(batch);
                break;
            case KeyNotices batch:
                BatchPool<KeyNotices>.Return(batch);
                break;
        }
    }
}
