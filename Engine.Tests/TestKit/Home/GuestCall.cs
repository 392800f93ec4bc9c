using Engine.Data;
using Engine.Protocol.Wire;

namespace Engine.Tests.TestKit.Home;

/// <summary>In a worker process: a function that runs at home. What it asks of its context there is asked of that which it has here.</summary>
internal sealed class GuestCall(HomeLink link, long number, TaskContext? context)
{
    private readonly TaskCompletionSource<DataValue> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<bool>? _wait;
    private CancellationTokenRegistration _registration;

    public Task<DataValue> Result => _result.Task;

    /// <summary>Passes a cancellation on.</summary>
    public void FollowToken()
    {
        if (context is not null)
        {
            _registration = context.Token.Register(() => link.Send(HomeWord.Cancel, number, (ref WireWriter writer) => writer.Byte((byte)context.Cause)));
        }
    }

    public void Take(HomeWord word, ref WireReader reader)
    {
        switch (word)
        {
            case HomeWord.LeaveSlot:
                _wait = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
                _ = WaitAsync(context!.WaitBesideSlotAsync(_wait.Task));
                break;
            case HomeWord.TakeSlot:
                _wait?.TrySetResult(true);
                break;
            case HomeWord.Report:
                context!.Report(reader.Double());
                break;
            case HomeWord.Returned:
                _registration.Unregister();
                _result.SetResult(ValueCodec.Read(ref reader, HomeClient.Serializers));
                break;
            case HomeWord.Threw:
                _registration.Unregister();
                var reschedules = reader.Bool();
                var error = ErrorCodec.Read(ref reader)!;
                _result.SetException(reschedules ? new RescheduleException() : error);
                break;
        }
    }

    private async Task WaitAsync(Task<bool> wait)
    {
        await wait;
        link.Send(HomeWord.SlotTaken, number);
    }
}
