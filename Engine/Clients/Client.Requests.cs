using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Protocol.Wire;

namespace Engine;

/// <content>Questions to the scheduler.</content>
public sealed partial class Client
{
    private readonly Dictionary<long, TaskCompletionSource<object?>> _requests = [];
    private long _requestNumber;

    /// <summary>Sends a question after all that was submitted so far, and waits for the answer.</summary>
    internal async Task<TAnswer> AskAsync<TAnswer>(Request request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_transport.CrossesProcesses && Crossing.RefusalOf(request) is { } refusal)
        {
            throw refusal;
        }

        var answer = new TaskCompletionSource<object?>(TaskCreationOptions.RunContinuationsAsynchronously);
        request.RequestId = Interlocked.Increment(ref _requestNumber);
        lock (_gate)
        {
            ThrowIfClosed();
            _requests.Add(request.RequestId, answer);
            if (request is TakeRequest)
            {
                _takes.Add(request.RequestId, []);
            }

            SealOpen();
            _outgoing.Enqueue(request);
        }

        Send();
        try
        {
            return (TAnswer)(await answer.Task.WaitHereAsync(cancellationToken))!; // The scheduler answers with what the question asks for.
        }
        catch (OperationCanceledException)
        {
            Abandon(request, answer);
            throw;
        }
        finally
        {
            lock (_gate)
            {
                _requests.Remove(request.RequestId);
                _takes.Remove(request.RequestId);
            }
        }
    }

    /// <summary>Sends a message after all that was submitted so far.</summary>
    private void Post(Message message)
    {
        lock (_gate)
        {
            SealOpen();
            _outgoing.Enqueue(message);
        }

        Send();
    }

    private void OnReply(Reply reply)
    {
        TaskCompletionSource<object?>? answer;
        lock (_gate)
        {
            _requests.TryGetValue(reply.RequestId, out answer);
            if (reply.Value is TakenKeys taken)
            {
                OnTakenLocked(reply.RequestId, taken, answer);
                return;
            }
        }

        if (reply.Error is { } error)
        {
            answer?.TrySetException(error);
        }
        else
        {
            answer?.TrySetResult(reply.Value);
        }
    }

    private void FailRequest(long requestId)
    {
        TaskCompletionSource<object?>? answer;
        lock (_gate)
        {
            _requests.TryGetValue(requestId, out answer);
        }

        answer?.TrySetException(new ConnectionClosedException("The connection to the scheduler has ended, so the question was not sent."));
    }

    private void FailRequests(Disconnect reason)
    {
        List<TaskCompletionSource<object?>> answers;
        lock (_gate)
        {
            answers = [.. _requests.Values];
        }

        foreach (var answer in answers)
        {
            answer.TrySetException(_sessionOver is { } detail
                ? new SessionOverException(detail)
                : new ConnectionClosedException($"The connection to the scheduler ended before the answer came: {reason}"));
        }
    }
}
