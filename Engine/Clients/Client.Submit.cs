using System.Collections.Concurrent;
using Engine.Clients;
using Engine.Collections;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tasks;

namespace Engine;

/// <content>Tasks go out.</content>
public sealed partial class Client
{
    // Two batches are open at a time. Releases may leave after later submits: no task is submitted with a future that was released.
    private readonly ConcurrentQueue<Message> _outgoing = new();
    private SubmitBatch? _openSubmits;
    private ReleaseKeys? _openReleases;
    private FutureLease? _openLease;
    private TaskCompletionSource<bool>? _room;
    private long _sequence;
    private bool _isFlushScheduled;
    private Gathering _submitGathering;
    private Gathering _releaseGathering;
    private int _isSending;
    private int _holdCount;

    internal override Future<TResult> Enqueue<TResult>(TaskWork work, ReadOnlySpan<Future> dependencies, SubmitOptions? options, int element = 0)
    {
        var taskOptions = options?.ToTaskOptions();
        work = _crossing?.ToRemote(work) ?? work;
        Task? known = null;
        foreach (var dependency in dependencies)
        {
            CheckDependency(dependency, ref known);
        }

        Future<TResult> future;
        bool isDue;
        bool schedule;
        lock (_gate)
        {
            ThrowIfClosed();
            if (known is not null)
            {
                HoldUntil(known, dependencies.ToArray());
            }

            if (taskOptions?.Name is not null)
            {
                SealOpen(); // The name may have been another's whose release is still here.
            }

            var key = new TaskKey(Id, _sequence++);
            var batch = OpenSubmits(key);
            batch.Add(work, taskOptions, element);
            foreach (var dependency in dependencies)
            {
                batch.AddDependency(dependency.Key);
            }

            _machine.Add(key);
            future = new Future<TResult>(LeaseFor(key), key);
            isDue = _submitGathering.IsDue(batch.Count);
            if (isDue)
            {
                SealOpen();
            }

            schedule = !isDue && ScheduleFlush();
        }

        SendOrSchedule(isDue, schedule);
        return future;
    }

    internal override FutureMap<TResult> EnqueueMap<TResult>(TaskWork work, int count, SubmitOptions? options)
    {
        var taskOptions = options?.ToTaskOptions();
        if (taskOptions?.Name is not null && count > 1)
        {
            throw new ArgumentException("A key names one task, but a map makes several. Leave Key out, or submit the elements one by one.", nameof(options));
        }

        if (count > SubmitMap.CountMax)
        {
            throw new ArgumentException($"A map has at most {SubmitMap.CountMax} elements, and this one has {count}. Make several maps.", nameof(count));
        }

        work = _crossing?.ToRemote(work) ?? work;
        FutureMap<TResult> map;
        lock (_gate)
        {
            ThrowIfClosed();
            SealOpen();

            // A map begins with a page of its own, so that whole pages of rows are alike.
            const int pageMask = KeyTable<SubmitEntry>.PageSize - 1;
            _sequence = (_sequence + pageMask) & ~pageMask;
            var first = new TaskKey(Id, _sequence);
            _sequence += count;
            for (var i = 0; i < count; i++)
            {
                _machine.Add(TaskKey.FromValue(first.Value + (ulong)i));
            }

            if (count > 0)
            {
                _outgoing.Enqueue(new SubmitMap(first, count, work, taskOptions));
            }

            map = new FutureMap<TResult>(new FutureLease(this, first, count));
        }

        Send();
        return map;
    }

    internal override async ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (true)
        {
            Task<bool> room;
            lock (_gate)
            {
                ThrowIfClosed();
                if (_machine.PendingCount < _options.PendingTasksMax)
                {
                    return;
                }

                _room ??= new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
                room = _room.Task;
            }

            Flush();
            await BesideSlotAsync(room, cancellationToken);
        }
    }

    /// <summary>Sends what has been submitted and given up so far. Awaiting anything does it too.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            _submitGathering.Restart();
            _releaseGathering.Restart();
            SealOpen();
        }

        Send();
    }

    /// <summary>Flushes, and comes back when all that was submitted has been sent, also what another thread is just sending.</summary>
    private void FlushThrough()
    {
        Flush();
        var spinner = default(SpinWait);
        while ((Volatile.Read(ref _isSending) != 0 || !_outgoing.IsEmpty) && !IsHeld())
        {
            Send();
            spinner.SpinOnce(sleep1Threshold: -1); // A sender has at most one step of the scheduler before it.
        }
    }

    private void CheckDependency(Future dependency)
    {
        Task? known = null; // It is this client's own.
        CheckDependency(dependency, ref known);
    }

    /// <param name="dependency">What a task is submitted with.</param>
    /// <param name="known">Ends when the scheduler knows the futures of other clients; null: it does.</param>
    private void CheckDependency(Future dependency, ref Task? known)
    {
        ArgumentNullException.ThrowIfNull(dependency);
        if (!ReferenceEquals(dependency.Client._transport, _transport))
        {
            throw new ArgumentException($"{dependency.Key} is a future of another cluster. Await it, and submit its value.", nameof(dependency));
        }

        if (dependency.IsReleased)
        {
            throw new ObjectDisposedException(dependency.Key.ToString(), $"The future {dependency.Key} was released. Submit with futures that are held.");
        }

        if (dependency.Client != this)
        {
            // The scheduler has to hear of it before it hears of this task.
            dependency.Client.FlushThrough();
            if (_transport.CrossesProcesses)
            {
                // Two connections have no order between them, so an answer over the other one has to be there.
                var answer = dependency.Client.AskAsync<object?>(new WorkersRequest(), CancellationToken.None);
                known = known is null ? answer : Task.WhenAll(known, answer);
            }
        }
    }

    /// <summary>
    /// What is submitted from now on is not sent before a task has ended, however it ends. Its inputs are kept until the scheduler has it:
    /// news that they were given up may go over another connection.
    /// </summary>
    private void HoldUntil(Task task, Future[] inputs)
    {
        SealOpen();
        Interlocked.Increment(ref _holdCount);
        _outgoing.Enqueue(new Hold(task));
        _ = SendLaterAsync();

        async Task SendLaterAsync()
        {
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
            Send();
            try
            {
                await AskAsync<object?>(new WorkersRequest(), CancellationToken.None);
            }
            catch (Exception exception) when (exception is EngineException or ObjectDisposedException)
            {
                // The client has closed, so nobody waits for what these are inputs of.
            }

            GC.KeepAlive(inputs);
        }
    }

    private bool IsHeld() =>
        Volatile.Read(ref _holdCount) > 0 && _outgoing.TryPeek(out var message) && message is Hold { IsOver: false };

    private SubmitBatch OpenSubmits(TaskKey key)
    {
        if (_openSubmits is null)
        {
            _openSubmits = BatchPool<SubmitBatch>.Get();
            _openSubmits.First = key;
        }

        return _openSubmits;
    }

    /// <summary>Futures that are submitted one after the other share a lease.</summary>
    private FutureLease LeaseFor(TaskKey key)
    {
        if (_openLease is { Count: < FutureLease.SharedMax } lease && lease.First.Value + (ulong)lease.Count == key.Value)
        {
            lease.Count++;
            return lease;
        }

        return _openLease = new FutureLease(this, key, 1);
    }

    /// <summary>Moves what is open to the outgoing queue, submits first.</summary>
    private void SealOpen()
    {
        _openLease = null; // Or it would keep the last futures from being collected.
        if (_openSubmits is { } submits)
        {
            _openSubmits = null;
            _outgoing.Enqueue(submits);
        }

        if (_openReleases is { } releases)
        {
            _openReleases = null;
            _outgoing.Enqueue(releases);
        }
    }

    private bool ScheduleFlush()
    {
        if (_isFlushScheduled)
        {
            return false;
        }

        return _isFlushScheduled = true;
    }

    private void SendOrSchedule(bool isDue, bool schedule)
    {
        if (isDue)
        {
            Send();
        }
        else if (schedule)
        {
            StartFlush();
        }
    }

    private void StartFlush() => _ = Task.Factory.StartNew(
        static state => ((Client)state!).FlushInBackground(), this, CancellationToken.None, TaskCreationOptions.None, _taskScheduler);

    private void FlushInBackground()
    {
        lock (_gate)
        {
            _isFlushScheduled = false;
            SealOpen();
        }

        Send();
    }

    /// <summary>
    /// Sends the outgoing queue in order, one thread at a time; who finds another at it leaves the rest to it. Not under
    /// the lock, because sending may run the scheduler's turn on this thread.
    /// </summary>
    private void Send()
    {
        while (!_outgoing.IsEmpty && !IsHeld() && Interlocked.Exchange(ref _isSending, 1) == 0)
        {
            try
            {
                while (!IsHeld() && _outgoing.TryDequeue(out var message))
                {
                    if (message is Hold)
                    {
                        Interlocked.Decrement(ref _holdCount);
                    }
                    else if (message is LastMessage last)
                    {
                        Close(last.Reason);
                    }
                    else if (_session is not null)
                    {
                        SendInSession(message);
                    }
                    else if (!_scheduler.TrySend(message) && message is Request request)
                    {
                        FailRequest(request.RequestId);
                    }
                }
            }
            finally
            {
                // A full fence: otherwise the next look at the queue may come before others see that nobody sends.
                Interlocked.Exchange(ref _isSending, 0);
            }
        }
    }

    /// <summary>Not sent: what stands behind it waits for a task.</summary>
    private sealed class Hold(Task task) : Message
    {
        public bool IsOver => task.IsCompleted;
    }

    private void ReleaseWaitersForRoom()
    {
        TaskCompletionSource<bool>? room;
        lock (_gate)
        {
            (room, _room) = (_room, null);
        }

        room?.TrySetResult(true); // Who waited finds the client closed.
    }
}
