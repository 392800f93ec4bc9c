using Engine.Clients;
using Engine.Protocol;

namespace Engine;

/// <content>Futures of keys that others made, or that this client gave up: found by name, or in a dataset.</content>
/// <remarks>
/// The scheduler counts one hold of a client and a key, the client counts its futures. A key that the client gives up
/// while a question about it is under way may be gone at the scheduler when the answer arrives; then it asks again.
/// </remarks>
public sealed partial class Client
{
    /// <summary>By question: what was given up since it was asked.</summary>
    private readonly Dictionary<long, HashSet<TaskKey>> _takes = [];

    /// <summary>The future of a task that was submitted, by this or another client, with a key of the user's.</summary>
    /// <typeparam name="T">The type of the value. Another one than the task's shows when the value is read.</typeparam>
    /// <param name="key">The <see cref="SubmitOptions.Key"/>; not null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>A future of its own, to be given up by itself.</returns>
    /// <exception cref="UnknownKeyException">No task has the key.</exception>
    /// <remarks>dask: <c>Future(key, client)</c>.</remarks>
    public async Task<Future<T>> FindAsync<T>(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        var taken = await TakeAsync(() => new FindKeyRequest(key), cancellationToken);
        return FoundFuture<T>(taken.Keys[0]);
    }

    private async Task<TakenKeys> TakeAsync(Func<TakeRequest> question, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await AskAsync<TakenKeys?>(question(), cancellationToken) is { } taken)
            {
                return taken;
            }
        }
    }

    private Future<T> FoundFuture<T>(TaskKey key) => new(new FutureLease(this, key, 1) { IsFound = true }, key);

    /// <summary>Holds what the scheduler has given, before news of it are read. The answer is null if the question has to be asked again.</summary>
    private void OnTakenLocked(long requestId, TakenKeys taken, TaskCompletionSource<object?>? answer)
    {
        var released = _takes.GetValueOrDefault(requestId);
        var isStale = released is not null && taken.Keys.Any(key => released.Contains(key) && !_machine.Holds(key));
        foreach (var key in taken.Keys)
        {
            if (released?.Contains(key) != true || _machine.Holds(key))
            {
                _machine.AddFound(key);
            }
        }

        if (isStale)
        {
            GiveBackLocked(taken.Keys.Where(_machine.Holds));
            answer?.TrySetResult(null);
        }
        else if (answer?.TrySetResult(taken) != true)
        {
            GiveBackLocked(taken.Keys);
        }
    }

    /// <summary>Nobody will have futures of these keys after all.</summary>
    private void GiveBackLocked(IEnumerable<TaskKey> keys)
    {
        foreach (var key in keys.ToList())
        {
            ReleaseFoundLocked(key);
        }

        SealOpen();
        StartFlush();
    }

    /// <summary>Whoever asked no longer waits.</summary>
    private void Abandon(Request request, TaskCompletionSource<object?> answer)
    {
        lock (_gate)
        {
            _requests.Remove(request.RequestId);
            if (answer.Task is { IsCompletedSuccessfully: true, Result: TakenKeys taken })
            {
                GiveBackLocked(taken.Keys);
            }
        }

        Post(new AbandonRequest(request.RequestId));
    }
}
