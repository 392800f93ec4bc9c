using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Engine.Tasks;

/// <summary>Refuses, when a task is submitted, what could only fail later or mean something else than it says.</summary>
internal static class CallCheck
{
    /// <summary>A function must be there and must give a value.</summary>
    public static void Function<TResult>([NotNull] Delegate? function)
    {
        ArgumentNullException.ThrowIfNull(function);
        if (ResultKind<TResult>.IsTask)
        {
            throw new ArgumentException(
                $"{FunctionInfo.Of(function)} gives a {typeof(TResult)} as its value. Return a value: an asynchronous function returns "
                + "Task<TResult> or ValueTask<TResult>, for example Task<bool>.",
                nameof(function));
        }
    }

    /// <summary>A single future or node must be there.</summary>
    public static void Dependency([NotNull] object? dependency, [CallerArgumentExpression(nameof(dependency))] string name = "")
    {
        if (dependency is null)
        {
            throw new ArgumentNullException(name, "The future is null. To give the function a null, write its type: (string?)null.");
        }
    }

    /// <summary>Copies a list of futures or nodes, none of which may be null.</summary>
    public static T[] Dependencies<T>(
        [NotNull] IEnumerable<T>? dependencies,
        [CallerArgumentExpression(nameof(dependencies))] string name = "")
        where T : class
    {
        ArgumentNullException.ThrowIfNull(dependencies, name);
        T[] copy = [.. dependencies];
        for (var i = 0; i < copy.Length; i++)
        {
            if (copy[i] is null)
            {
                throw new ArgumentException($"Element {i} of the list is null.", name);
            }
        }

        return copy;
    }

    /// <summary>A plain value must not be a future or a list of futures: a function receives the values of futures.</summary>
    public static void Plain<T>(T value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (PlainKind<T>.MayHoldFutures && value is Future or GraphNode or IEnumerable<Future> or IEnumerable<GraphNode>)
        {
            throw new ArgumentException(
                $"A {value.GetType()} is given where the function takes a {typeof(T)}. A function receives a future's value: "
                + "declare its parameter with the value's type, or as IReadOnlyList of that type for a list of futures.",
                name);
        }
    }

    /// <summary>Copies the values of a map, none of which may be a future.</summary>
    public static T[] Values<T>([NotNull] IEnumerable<T>? values, [CallerArgumentExpression(nameof(values))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(values, name);
        T[] copy = [.. values];
        if (PlainKind<T>.MayHoldFutures)
        {
            foreach (var value in copy)
            {
                Plain(value, name);
            }
        }

        return copy;
    }

    /// <summary>Two sequences that are mapped together must be of one length.</summary>
    public static void SameLength<T1, T2>(T1[] values1, T2[] values2)
    {
        if (values1.Length != values2.Length)
        {
            throw new ArgumentException(
                $"The sequences differ in length: {values1.Length} and {values2.Length}. Give as many values to each parameter.",
                nameof(values2));
        }
    }

    // Asked on every submission, answered once for each type.
    private static class ResultKind<T>
    {
        public static readonly bool IsTask =
            typeof(Task).IsAssignableFrom(typeof(T))
            || typeof(T) == typeof(ValueTask)
            || (typeof(T).IsGenericType && typeof(T).GetGenericTypeDefinition() == typeof(ValueTask<>));
    }

    private static class PlainKind<T>
    {
        public static readonly bool MayHoldFutures =
            !typeof(T).IsValueType
            && (Related(typeof(Future)) || Related(typeof(GraphNode))
                || Related(typeof(IEnumerable<Future>)) || Related(typeof(IEnumerable<GraphNode>))
                || typeof(T).IsAssignableFrom(typeof(Future[])) || typeof(T).IsAssignableFrom(typeof(List<Future>)));

        private static bool Related(Type type) => type.IsAssignableFrom(typeof(T)) || typeof(T).IsAssignableFrom(type);
    }
}
