using System.Runtime.CompilerServices;
using Engine.Tasks;

namespace Engine;

/// <summary>One input of a function of three or four inputs: a value, a future of one, or a list of futures.</summary>
/// <typeparam name="T">The type of the function's parameter.</typeparam>
/// <remarks>
/// Values and futures convert to it by themselves. Where they don't - a value of an interface type, a method group - say
/// <see cref="Input.Of{T}(T)"/>. The default one is the value <c>default(T)</c>.
/// </remarks>
public readonly struct Input<T>
{
    private readonly T _value;
    private readonly Future<T>? _future;
    private readonly ListSource<T, Future>? _list;

    internal Input(T value)
    {
        CallCheck.Plain(value);
        (_value, _future, _list) = (value, null, null);
    }

    internal Input(Future<T> future)
    {
        CallCheck.Dependency(future);
        (_value, _future, _list) = (default!, future, null); // Never read: the future decides.
    }

    internal Input(ListSource<T, Future> list) => (_value, _future, _list) = (default!, null, list); // Never read: the list decides.

    /// <summary>A value as an input.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator Input<T>(T value) => new(value);

    /// <summary>A future's value as an input.</summary>
    /// <param name="future">The future; not null.</param>
    public static implicit operator Input<T>(Future<T> future) => new(future);

    /// <summary>Appends what the input depends on and gives the argument that reads it.</summary>
    internal MixedArgument<T> Bind(ref List<Future>? dependencies)
    {
        if (_list is not null)
        {
            return _list.Bind(ref dependencies);
        }

        if (_future is null)
        {
            return new MixedArgument<T>(Argument<T>.Literal(_value));
        }

        dependencies ??= [];
        dependencies.Add(_future);
        return new MixedArgument<T>(Argument<T>.Dependency(dependencies.Count - 1));
    }
}

/// <summary>Makes inputs where a conversion doesn't do it.</summary>
public static class Input
{
    /// <summary>A value as an input.</summary>
    /// <param name="value">The value; may be null.</param>
    /// <returns>The input.</returns>
    /// <exception cref="ArgumentException">The value is a future, or a list of futures.</exception>
    public static Input<T> Of<T>(T value) => new(value);

    /// <summary>A future's value as an input.</summary>
    /// <param name="future">The future.</param>
    /// <returns>The input.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="future"/> is null.</exception>
    [OverloadResolutionPriority(1)]
    public static Input<T> Of<T>(Future<T> future) => new(future);

    /// <summary>The values of many futures as one list.</summary>
    /// <param name="futures">The futures; copied. May be empty.</param>
    /// <returns>The input.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="futures"/> is null.</exception>
    /// <exception cref="ArgumentException">A future is null; the message names its index.</exception>
    public static Input<IReadOnlyList<T>> List<T>(IEnumerable<Future<T>> futures) =>
        new(new ElementListSource<T, Future>(CallCheck.Dependencies<Future>(futures)));
}
