using System.Runtime.CompilerServices;

namespace Engine.Tests.TestKit;

/// <summary>Futures, maps and contexts without a client or a worker behind them: the one place that knows how they are made.</summary>
internal static class FakeFutures
{
    public static Future<T> New<T>() => new();

    public static bool IsDisposed(Future future) => future.IsDisposed;

    /// <summary>A map that may be compared by reference only.</summary>
    public static FutureMap<T> NewMap<T>() => (FutureMap<T>)RuntimeHelpers.GetUninitializedObject(typeof(FutureMap<T>));

    /// <summary>A context that may be compared by reference only.</summary>
    public static TaskContext NewContext() => (TaskContext)RuntimeHelpers.GetUninitializedObject(typeof(TaskContext));
}
