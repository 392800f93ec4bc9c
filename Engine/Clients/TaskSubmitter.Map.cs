using Engine.Tasks;

namespace Engine;

public abstract partial class TaskSubmitter
{
    // One object of work for all: each task reads its own single dependency.
    private Future<TResult>[] EnqueueEach<TResult>(TaskWork work, Future[] inputs, SubmitOptions? options)
    {
        var results = new Future<TResult>[inputs.Length];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = Enqueue<TResult>(work, inputs.AsSpan(i, 1), options);
        }

        return results;
    }
}
