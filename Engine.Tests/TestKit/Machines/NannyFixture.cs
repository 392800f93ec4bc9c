using Engine.Nannies.Machine;
using Engine.Plugins.Transports;
using Engine.Protocol;

namespace Engine.Tests.TestKit.Machines;

/// <summary>
/// A nanny's machine with a recording sink, and the test in the place of its scheduler and of the operating system. What must hold
/// always is asserted as it happens: one worker at a time, and nothing after the end.
/// </summary>
internal sealed class NannyFixture : INannySink
{
    public NannyFixture(NannySettings? settings = null) => Machine = new NannyStateMachine(settings ?? new NannySettings(), this);

    public NannyStateMachine Machine { get; }

    public TimeSpan Now { get; private set; }

    /// <summary>What it did, in order.</summary>
    public List<string> Order { get; } = [];

    /// <summary>What the scheduler was told.</summary>
    public List<Message> Told { get; } = [];

    /// <summary>The worker that was started and has not been seen to end; 0: none.</summary>
    public long Alive { get; private set; }

    /// <summary>The number of the last worker that was started.</summary>
    public long Number { get; private set; }

    /// <summary>Whether an answer to Connect is due.</summary>
    public bool IsConnecting { get; private set; }

    public (Status Status, CloseReason Reason, string Detail, Exception? Error)? Ended { get; private set; }

    /// <summary>A nanny that has registered and whose first worker runs.</summary>
    public static NannyFixture Running(NannySettings? settings = null)
    {
        var nanny = new NannyFixture(settings);
        nanny.Start();
        nanny.Register();
        nanny.Run();
        nanny.Order.Clear();
        return nanny;
    }

    /// <summary>The incarnation that the scheduler gives to a worker of a number.</summary>
    public static WorkerId Incarnation(long number) => new(number * 10);

    public void Start() => Machine.Start(Now);

    public void Register()
    {
        IsConnecting = false;
        Machine.OnRegistered(Now);
    }

    public void Refuse(string detail = "its host was retired")
    {
        IsConnecting = false;
        Machine.OnRefused(detail, Now);
    }

    public void Lose(bool isOrderly = false)
    {
        IsConnecting = false;
        Machine.OnConnectionLost(isOrderly, isOrderly ? "the scheduler closed" : "the connection broke", Now);
    }

    /// <summary>The worker that was started comes up.</summary>
    public void Run(long? number = null) => Machine.OnWorkerStarted(number ?? Number, Incarnation(number ?? Number), Now);

    /// <summary>The worker comes back as another incarnation: the next one, unless the test says otherwise.</summary>
    public void Return(long incarnation = 0, long? number = null) =>
        Machine.OnWorkerReturned(number ?? Number, new WorkerId(incarnation == 0 ? Machine.Worker.Number + 1 : incarnation), Now);

    public void FailStart(Exception? error = null, CloseReason reason = CloseReason.StartFailed, long? number = null)
    {
        Forget(number);
        Machine.OnWorkerStartFailed(number ?? Number, reason, error ?? new FormatException("bad options"), Now);
    }

    public void Announce(CloseReason reason, long? number = null) => Machine.OnWorkerCloses(number ?? Number, reason, $"it says {reason}", Now);

    /// <summary>The worker is seen to end.</summary>
    public void Exit(CloseReason reason = CloseReason.Crashed, long? number = null)
    {
        Forget(number);
        Machine.OnWorkerExited(number ?? Number, reason, $"it ended by {reason}", Now);
    }

    public void Tell(NannyIntent intent, CloseReason reason, long? number = null) =>
        Machine.OnTold(new TellNanny(intent, Incarnation(number ?? Number), reason, $"told {intent}"), Now);

    public void Measure(long bytes, long? number = null) => Machine.OnMemory(number ?? Number, bytes, Now);

    public void EndRetirement(bool isRefused, long? number = null) => Machine.OnRetirementEnded(Incarnation(number ?? Number), isRefused, Now);

    public void Close(CloseReason reason = CloseReason.UserRequest) => Machine.Close(reason, $"closed by {reason}", Now);

    /// <summary>Time passes; deadlines are met when they are due.</summary>
    public void Advance(TimeSpan time)
    {
        var end = Now + time;
        while (Machine.NextDeadline is { } deadline && deadline <= end)
        {
            Now = deadline > Now ? deadline : Now;
            Machine.Tick(Now);
            Assert.True(Machine.NextDeadline is null || Machine.NextDeadline > Now, "a deadline that was met is over");
        }

        Now = end;
    }

    void INannySink.StartWorker(long number)
    {
        Record($"start {number}");
        Assert.Equal(0, Alive); // Never two at a time.
        Assert.True(number > Number, "numbers grow");
        (Number, Alive) = (number, number);
    }

    void INannySink.StopWorker(long number, CloseReason reason, string detail) => Record($"stop {number} {reason}");

    void INannySink.KillWorker(long number, CloseReason reason, string detail) => Record($"kill {number} {reason}");

    void INannySink.SendToScheduler(Message message)
    {
        Record(message is WorkerExited exited ? $"tell {exited.Worker} {exited.Reason}" : $"tell {message.GetType().Name}");
        Told.Add(message);
    }

    void INannySink.Connect()
    {
        Record("connect");
        Assert.False(IsConnecting);
        IsConnecting = true;
    }

    void INannySink.RetireWorker(WorkerId worker, bool restart) => Record($"retire {worker}{(restart ? " and restart" : string.Empty)}");

    void INannySink.End(Status status, CloseReason reason, string detail, Exception? error)
    {
        Record($"end {status} {reason}");
        Assert.True(Alive == 0 || status == Status.Failed, "it ends in order only when its worker has");
        Ended = (status, reason, detail, error);
    }

    private void Record(string line)
    {
        Assert.Null(Ended); // Nothing follows the end.
        Order.Add(line);
    }

    private void Forget(long? number)
    {
        if ((number ?? Number) == Alive)
        {
            Alive = 0;
        }
    }
}
