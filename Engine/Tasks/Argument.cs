namespace Engine.Tasks;

/// <summary>One input of a call: a literal value, or the place of a dependency among the task's inputs.</summary>
internal readonly struct Argument<T> : IArgument<Argument<T>, T>
{
    private readonly T _value;
    private readonly int _place; // One more than the dependency's index, so that a default argument is a literal.

    private Argument(T value, int place) => (_value, _place) = (value, place);

    public static Argument<T> Literal(T value) => new(value, 0);

    public static Argument<T> Dependency(int index) => new(default!, index + 1); // Never read: the place decides.

    public T Read(TaskInputs inputs) => _place == 0 ? _value : inputs.Get<T>(_place - 1);

    /// <summary>Whether two arguments are the same dependency or equal values.</summary>
    public bool SameAs(Argument<T> other) =>
        _place == other._place && (_place != 0 || EqualityComparer<T>.Default.Equals(_value, other._value));
}
