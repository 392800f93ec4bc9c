using System.Runtime.CompilerServices;

namespace Engine.Tasks;

/// <summary>
/// A literal of up to four bytes that travels in its task's element number. Calls of one function with such literals are
/// one object, as calls without literals are: a program that submits a million of them makes no million of calls.
/// </summary>
internal struct ElementLiteral
{
    private bool _isTaken;
    private int _bits;

    /// <summary>The element number of the task; 0 if it holds no literal.</summary>
    public readonly int Element => _bits;

    public bool TryTake<T>(T value)
    {
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>() || Unsafe.SizeOf<T>() > sizeof(int) || _isTaken)
        {
            return false;
        }

        _isTaken = true;
        Unsafe.As<int, T>(ref _bits) = value;
        return true;
    }
}
