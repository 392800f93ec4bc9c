namespace Engine.Tests.TestKit.Overloads;

/// <summary>Writes, in the body of an overload, the checks of its arguments and the making of its call.</summary>
internal static class CallExpression
{
    /// <summary>The type of the call.</summary>
    public static string TypeOf(OverloadShape shape) => CallClasses.CallType(shape, ArgumentType);

    /// <summary>Writes the checks; gives the expressions of the call and of its dependencies.</summary>
    public static (string Call, string Dependencies) Write(SourceText text, OverloadShape shape, string dependency, bool hasElement)
    {
        text.Line("CallCheck.Function<TResult>(function);");
        var arguments = new List<string> { "function" };
        var places = new List<string>(); // As collection expressions have them.
        var lengths = new List<string>(); // Of the lists so far.
        var singles = 0;
        if (shape.Inputs.Contains(Takes.Mixed))
        {
            text.Line($"List<{dependency}>? dependencies = null;");
        }

        if (hasElement)
        {
            text.Line("var element = default(ElementLiteral);");
        }

        for (var i = 0; i < shape.Inputs.Count; i++)
        {
            var name = shape.Name("input", i);
            var place = string.Join(" + ", singles == 0 && lengths.Count > 0 ? lengths : lengths.Prepend($"{singles}"));
            switch (shape.Inputs[i])
            {
                case Takes.Plain:
                    text.Line($"CallCheck.Plain({name});");
                    arguments.Add($"Argument<{shape.T(i)}>.Literal({name}{(hasElement ? ", ref element" : "")})");
                    break;
                case Takes.Single:
                    text.Line($"CallCheck.Dependency({name});");
                    arguments.Add($"Argument<{shape.T(i)}>.Dependency({place})");
                    places.Add(name);
                    singles++;
                    break;
                case Takes.Many:
                    var list = shape.Name("list", i);
                    text.Line($"var {list} = CallCheck.Dependencies<{dependency}>({name});");
                    arguments.Add($"new ListArgument<{shape.T(i)}>({place}, {list}.Length)");
                    places.Add($".. {list}");
                    lengths.Add($"{list}.Length");
                    break;
                case Takes.Mixed:
                    text.Line($"var {shape.Name("argument", i)} = {name}.Bind(ref dependencies);");
                    arguments.Add(shape.Name("argument", i));
                    break;
            }
        }

        var all = shape.Inputs.Contains(Takes.Mixed) ? "CollectionsMarshal.AsSpan(dependencies)"
            : places is [['.', '.', ' ', .. var only]] ? only
            : $"[{string.Join(", ", places)}]";
        return ($"{TypeOf(shape)}.Of({string.Join(", ", arguments)})", all);
    }

    private static string ArgumentType(Takes takes, string type) =>
        takes switch
        {
            Takes.Many => $"ListArgument<{type}>",
            Takes.Mixed => $"MixedArgument<{type}>",
            _ => $"Argument<{type}>",
        };
}
