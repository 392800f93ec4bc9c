using Engine.Collections;
using Engine.Plugins;
using Engine.Protocol;
using Engine.Scheduling.Machine;

namespace Engine.Tests.TestKit.Machines;

/// <summary>Workers and nannies come and go.</summary>
internal sealed partial class SchedulerFixture
{
    public NannyState AddNanny(string name = "nanny", string? host = null, int number = 1)
    {
        var nanny = Machine.AddNanny(new RegisterNanny(NannyIdOf(number), name, host), null, Now);
        Settle();
        return nanny;
    }

    public static NannyId NannyIdOf(int number) => new(new Guid(number, 0, 0, new byte[8]));

    /// <summary>A worker of a nanny, or with a host, a memory limit or a known end.</summary>
    public WorkerState AddWorker(NannyState? nanny, string? name = null, string? host = null, int threads = 1, long? memoryLimit = null, TimeSpan? leaves = null)
    {
        name ??= $"w{_workerCount}";
        var registration = new RegisterWorker(name, $"test://{_workerCount++}/{name}", threads, new Dictionary<string, double>())
        {
            Nanny = nanny?.Id,
            Host = host,
            MemoryLimit = memoryLimit,
            Leaves = leaves,
        };
        var worker = LetIn(registration);
        Settle();
        return worker;
    }

    /// <summary>A worker whose name and address the test chooses, because another one had them.</summary>
    public WorkerState Join(string name, string address, NannyState? nanny = null)
    {
        var worker = LetIn(new RegisterWorker(name, address, 1, new Dictionary<string, double>()) { Nanny = nanny?.Id });
        Settle();
        return worker;
    }

    /// <summary>The scheduler closes.</summary>
    public void CloseScheduler()
    {
        Machine.RemoveAll(Now);
        _outbox.Flush();
    }

    /// <summary>A value gets copies, so that there are as many as the number says; nobody wishes for them afterwards.</summary>
    public void Copy(TaskKey key, int count)
    {
        AskLater(new ReplicateRequest([key], count));
        MakeCopies();
        AskLater(new ReplicateRequest([key], 1));
    }

    /// <summary>A nanny's new worker knocks, and goes no further. Gives why it is refused; null: it isn't.</summary>
    public string? Knock(NannyState nanny)
    {
        var refusal = Machine.Knock(new RegisterWorker("knocking", "test://knocking", 1, new Dictionary<string, double>()) { Nanny = nanny.Id }, Now);
        Settle();
        return refusal?.Detail;
    }

    /// <summary>A worker's connection ends without a goodbye.</summary>
    public void Cut(WorkerState worker)
    {
        Machine.OnConnectionLost(worker, "it broke", Now);
        Settle();
    }

    /// <summary>A worker whose connection broke comes back, with values that it holds.</summary>
    public WorkerState ComeBack(WorkerState before, params TaskKey[] offer)
    {
        try
        {
            return LetIn(new RegisterWorker(before.Address.Name, $"test://{_workerCount++}/back", before.Threads, new Dictionary<string, double>())
            {
                Nanny = before.Nanny,
                Host = before.Host,
                After = before.Id,
                Offer = offer,
            });
        }
        finally
        {
            Settle();
        }
    }

    /// <summary>What a worker that came back was told to drop.</summary>
    public IReadOnlyList<TaskKey> DeclinedOf(WorkerState worker) =>
        Sent.Told.Where(told => told.Worker == worker).Select(static told => told.Message).OfType<WorkerRegistered>().Single().Declined;

    /// <summary>A nanny's connection ends.</summary>
    public void Cut(NannyState nanny)
    {
        Machine.RemoveNanny(nanny, Now);
        Settle();
    }

    /// <summary>A nanny has seen a worker end.</summary>
    public void Exited(NannyState nanny, WorkerState worker, CloseReason reason = CloseReason.Crashed, string detail = "exit code 1")
    {
        Machine.Handle(nanny, new WorkerExited(worker.Id, reason, detail), Now);
        Settle();
    }

    /// <summary>A nanny asks for a restart of a worker, because a plugin of it wants that.</summary>
    public void AskRestart(NannyState nanny, WorkerState worker)
    {
        Machine.Handle(nanny, new RestartAsked(worker.Id, "a plugin asks"), Now);
        Settle();
    }

    private WorkerState LetIn(RegisterWorker registration) => Machine.Knock(registration, Now) is { } refusal
        ? throw new WorkerRefusedException($"{refusal.Reason}: {refusal.Detail}")
        : Machine.AddWorker(registration, null, Now);

    /// <summary>Asks for a retirement; the answer is there when it has ended (<see cref="ReportOf"/>).</summary>
    public long Retire(WorkerSelector selector, RetirementOptions? options = null, IReadOnlyDictionary<WorkerId, PluginAnswer>? answers = null, ClientState? client = null)
    {
        var id = ++_requestId;
        switch (Machine.Choose(selector, Machine.ValidForDownscaling()))
        {
            case RetirementChoice choice:
                Machine.Retire(client ?? Client, id, choice, RetirementTerms.Of(options), answers ?? new Dictionary<WorkerId, PluginAnswer>(), Now);
                break;
            case Exception error:
                throw error;
        }

        Settle();
        return id;
    }

    public long Retire(params WorkerState[] workers) => Retire(WorkerSelector.ById(workers.Select(static worker => worker.Id)));

    public long Retire(WorkerState worker, RetirementOptions options) => Retire(WorkerSelector.ById(worker.Id), options);

    /// <summary>As a nanny asks whose worker's lifetime is over.</summary>
    public long Retire(WorkerState worker, RetirementTerms terms)
    {
        var id = ++_requestId;
        var choice = (RetirementChoice)Machine.Choose(WorkerSelector.ById(worker.Id), []);
        Machine.Retire(Client, id, choice, terms, new Dictionary<WorkerId, PluginAnswer>(), Now);
        Settle();
        return id;
    }

    /// <summary>The report of a retirement, or null while it goes on.</summary>
    public RetirementReport? ReportOf(long request) => (RetirementReport?)Sent.Replies.Find(reply => reply.RequestId == request)?.Value;

    public RetirementRow RowOf(long request) => Assert.Single(Assert.IsType<RetirementReport>(ReportOf(request)).Rows);

    /// <summary>A worker that was asked to says that it takes nothing more.</summary>
    public void Acknowledge(params WorkerState[] workers)
    {
        foreach (var worker in workers)
        {
            var (_, message) = Sent.Told.Last(told => told.Worker == worker && told.Message is CloseAdmission);
            Handle(worker, new AdmissionClosed(((CloseAdmission)message).Retirement));
        }
    }

    /// <summary>A worker gives back a task that it has not started.</summary>
    public void Return(WorkerState worker, TaskKey key)
    {
        var batch = BatchPool<TasksReturned>.Get();
        batch.Add(new TaskAttempt { Key = key, Attempt = AttemptOf(key) });
        Handle(worker, batch);
    }

    /// <summary>All copies that were asked for so far, and have not been answered, are made.</summary>
    public void MakeCopies()
    {
        foreach (var acquire in Sent.Acquires.ToList())
        {
            Sent.Acquires.Remove(acquire);
            MakeCopy(acquire);
        }
    }

    public void MakeCopy(SentAcquire acquire)
    {
        var batch = BatchPool<ReplicasAdded>.Get();
        batch.Add(new CopyMade { Key = acquire.Key, Number = acquire.Number });
        Handle(acquire.Worker, batch);
    }

    /// <summary>Says that a worker lives, and gives the answer.</summary>
    public object Beat(WorkerState worker, bool isStalled = false)
    {
        var told = Sent.Told.Count;
        Handle(worker, new Heartbeat(worker.Id, isStalled, 0, 0));
        return Sent.Told[told..].Single(sent => sent.Worker == worker && sent.Message is HeartbeatOk or HeartbeatMissing).Message;
    }

    /// <summary>A value that a worker holds, computed there.</summary>
    public TaskKey Hold(WorkerState worker, long bytes = 8)
    {
        var key = Submit(new TestWork(), new TaskOptions { Workers = [worker.Address.Name] });
        Finish(worker, key, bytes: bytes);
        return key;
    }

    /// <summary>Data without a recipe that a worker holds.</summary>
    public TaskKey HoldData(WorkerState worker, long bytes = 8, int replicas = 1)
    {
        var key = Submit(new Engine.Tasks.ConstantWork(Engine.Data.DataValue.From("data")), new TaskOptions { Workers = replicas == 1 ? [worker.Address.Name] : [], Replicas = replicas });
        Finish(worker, key, bytes: bytes);
        return key;
    }

    public WorkerRemoved RemovalOf(WorkerState worker) => Sent.Happened.OfType<WorkerRemoved>().Single(removed => removed.Worker.Id == worker.Id);

    /// <summary>A piece of work ends that a plugin added to a retirement.</summary>
    public void WorkDone(WorkerState worker)
    {
        Machine.OnRetirementWorkDone(worker, Now);
        Settle();
    }

    /// <summary>What the scheduler proposes to retire is retired: plugins have nothing against it.</summary>
    public void Accept(RetirementProposed proposed)
    {
        Machine.Retire(
            null, 0, (RetirementChoice)Machine.Choose(WorkerSelector.ById(proposed.Worker.Id), []), RetirementTerms.Of(null), new Dictionary<WorkerId, PluginAnswer>(), Now);
        Settle();
    }

    /// <summary>Asks a question that is answered later, and gives its number (<see cref="AnswerTo"/>).</summary>
    public long AskLater(Request request, ClientState? client = null)
    {
        Ask(request, client);
        return request.RequestId;
    }

    /// <summary>The answer to a question, or its error; null while there is none.</summary>
    public Reply? AnswerTo(long request) => Sent.Replies.Find(reply => reply.RequestId == request);

    /// <summary>All that clients can see of workers and tasks, as text: two clusters of which it is the same are in the same state.</summary>
    public string Describe()
    {
        var workers = ((IReadOnlyList<WorkerInfo>)Ask(new WorkersRequest())!).Select(info =>
            $"{info.Id} {info.Name} {info.Status} {info.IsStalled} {info.ProcessingCount} {info.LongRunningCount} {info.HeldCount} {info.HeldBytes} {info.OccupancySeconds:0.000}");
        var tasks = Enumerable.Range(0, (int)_sequences[Client]).Select(number => new TaskKey(Client.Id, number))
            .Select(key => $"{key} {StateOf(key)} {string.Join(',', HoldersOf(key).Select(static holder => holder.Id))}");
        return string.Join('\n', workers.Concat(tasks));
    }
}
