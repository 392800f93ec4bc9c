using System.Runtime.CompilerServices;

namespace Engine.Collections;

/// <summary>What must hold, or there is a bug.</summary>
internal static class Invariant
{
    /// <exception cref="InvariantViolationException">It doesn't hold.</exception>
    public static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvariantViolationException(what);
        }
    }

    /// <inheritdoc cref="Require(bool, string)"/>
    public static void Require(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref Text what)
    {
        if (!holds)
        {
            throw new InvariantViolationException(what.ToString());
        }
    }

    /// <summary>A text that is put together only if it is needed.</summary>
    [InterpolatedStringHandler]
    public ref struct Text
    {
        private DefaultInterpolatedStringHandler _text;

        public Text(int literalLength, int formattedCount, bool holds, out bool isNeeded)
        {
            isNeeded = !holds;
            _text = isNeeded ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
        }

        public void AppendLiteral(string text) => _text.AppendLiteral(text);

        public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

        public override string ToString() => _text.ToStringAndClear();
    }
}
