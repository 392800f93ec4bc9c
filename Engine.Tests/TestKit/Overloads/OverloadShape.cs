namespace Engine.Tests.TestKit.Overloads;

/// <summary>How a function gives its result.</summary>
internal enum Returns
{
    Value,
    Task,
    ValueTask,
}

/// <summary>What an overload takes for one parameter of the function.</summary>
internal enum Takes
{
    /// <summary>A value.</summary>
    Plain,

    /// <summary>A future or a node.</summary>
    Single,

    /// <summary>Many futures or nodes, for a parameter that is a list.</summary>
    Many,

    /// <summary>Any of these, through a struct.</summary>
    Mixed,

    /// <summary>A sequence of values, for a map.</summary>
    Sequence,

    /// <summary>A sequence of futures, for a map.</summary>
    FutureSequence,
}

/// <summary>One overload: what it takes, and what its function is like.</summary>
internal sealed record OverloadShape(IReadOnlyList<Takes> Inputs, Returns Returns, bool HasContext)
{
    public bool IsAsync => Returns != Returns.Value;

    /// <summary>
    /// Which overload wins when several fit. A function that gives a task means the task's value. Then, for lambdas without types:
    /// a future means its value, and a last argument that could be options is options.
    /// </summary>
    public int Priority =>
        (6 * Inputs.Count(each => each is Takes.Single or Takes.Many or Takes.FutureSequence))
        + (HasContext ? 3 : 0)
        + Returns switch { Returns.Task => 2, Returns.ValueTask => 1, _ => 0 };

    /// <summary>The class of the work, without type arguments.</summary>
    public string CallName(string noun) =>
        (Returns == Returns.Value ? "" : Returns.ToString()) + noun + (HasContext ? "WithContext" : "");

    public string Result => Returns == Returns.Value ? "TResult" : $"{Returns}<TResult>";

    public string FunctionType
    {
        get
        {
            var types = Inputs.Select((takes, i) => takes == Takes.Many ? $"IReadOnlyList<{T(i)}>" : T(i));
            return $"Func<{string.Join(", ", [.. types, .. HasContext ? ["TaskContext"] : Array.Empty<string>(), Result])}>";
        }
    }

    public string TypeParameters => $"<{string.Join(", ", Inputs.Select((_, i) => T(i)).Append("TResult"))}>";

    /// <summary>Every combination of kinds for so many inputs, with every kind of function.</summary>
    public static IEnumerable<OverloadShape> All(int count, params Takes[] kinds)
    {
        IEnumerable<Takes[]> inputs = [[]];
        for (var i = 0; i < count; i++)
        {
            inputs = [.. inputs.SelectMany(start => kinds.Select(kind => (Takes[])[.. start, kind]))];
        }

        return
            from input in inputs
            from returns in Enum.GetValues<Returns>()
            from hasContext in new[] { false, true }
            select new OverloadShape(input, returns, hasContext);
    }

    /// <summary>The type parameter of an input: T, or T1, T2 and so on.</summary>
    public string T(int index) => Inputs.Count == 1 ? "T" : $"T{index + 1}";

    /// <summary>A name for an input's argument: input, or input1, input2 and so on.</summary>
    public string Name(string noun, int index) => Inputs.Count == 1 ? noun : $"{noun}{index + 1}";
}
