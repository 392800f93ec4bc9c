using Engine.Data;
using Engine.Tasks;

namespace Engine.Tests.TestKit;

/// <summary>Keeps what is submitted, and runs it when it is told to.</summary>
internal sealed class FakeSubmitter : TaskSubmitter
{
    private readonly Dictionary<Future, DataValue> _values = [];
    private int _ran;

    public List<Submission> Submissions { get; } = [];

    public Submission Last => Submissions[^1];

    public TaskContext Context { get; } = FakeFutures.NewContext();

    /// <summary>What a submission that waits for room gets.</summary>
    public Func<CancellationToken, ValueTask> Room { get; set; } = _ => default;

    /// <summary>Called with each submission before it is kept.</summary>
    public Action<Submission> OnSubmit { get; set; } = _ => { };

    /// <summary>A future that has a value.</summary>
    public Future<T> Given<T>(T value)
    {
        var future = FakeFutures.New<T>();
        _values[future] = DataValue.From(value);
        return future;
    }

    /// <summary>Runs everything, in the order of submission, and gives a future's value.</summary>
    public async Task<T> ValueOf<T>(Future<T> future)
    {
        for (; _ran < Submissions.Count; _ran++)
        {
            var submission = Submissions[_ran];
            if (submission.Result is { } result)
            {
                _values[result] = await Run(submission, submission.Element);
            }
        }

        return _values[future].Get<T>();
    }

    /// <summary>Runs one element of the last map.</summary>
    public async Task<T> ElementOf<T>(int element) => (await Run(Last, element)).Get<T>();

    internal override Future<TResult> Enqueue<TResult>(TaskWork work, ReadOnlySpan<Future> dependencies, SubmitOptions? options, int element = 0)
    {
        var future = FakeFutures.New<TResult>();
        Keep(new Submission(work, dependencies.ToArray(), options, future, 1, element));
        return future;
    }

    internal override FutureMap<TResult> EnqueueMap<TResult>(TaskWork work, int count, SubmitOptions? options)
    {
        Keep(new Submission(work, [], options, null, count, 0));
        return FakeFutures.NewMap<TResult>();
    }

    internal override ValueTask WaitForRoomAsync(CancellationToken cancellationToken) => Room(cancellationToken);

    private void Keep(Submission submission)
    {
        OnSubmit(submission);
        Submissions.Add(submission);
    }

    private ValueTask<DataValue> Run(Submission submission, int element)
    {
        var work = submission.Work;
        var inputs = new TaskInputs(Array.ConvertAll(submission.Dependencies, each => _values[each]));
        var context = work.NeedsContext ? Context : null;
        return work.IsAsync ? work.InvokeAsync(inputs, element, context) : new ValueTask<DataValue>(work.Invoke(inputs, element, context));
    }
}

/// <summary>One call of what a submitter has to implement.</summary>
internal sealed record Submission(TaskWork Work, Future[] Dependencies, SubmitOptions? Options, Future? Result, int Count, int Element);
