using Microsoft.Extensions.ObjectPool;

namespace Engine.Collections;

/// <summary>A pool of message batches; a batch is given back by whoever read it from an inbox.</summary>
/// <remarks>Bounded, so that a burst doesn't stay in memory.</remarks>
internal static class BatchPool<T>
    where T : class, IResettable, new()
{
    private const int RetainedMax = 64;
    private static readonly DefaultObjectPool<T> s_pool = new(new DefaultPooledObjectPolicy<T>(), RetainedMax);

    public static T Get() => s_pool.Get();

    public static void Return(T batch) => s_pool.Return(batch);
}
