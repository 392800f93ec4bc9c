namespace Engine.Tests.TestKit.Overloads;

internal enum Verb
{
    Submit,
    SubmitAsync,
    Map,
    MapFutures,
    Add,
}

/// <summary>Writes the documentation of an overload, and its priority.</summary>
internal static class OverloadDocs
{
    public static void Write(SourceText text, OverloadShape shape, Verb verb)
    {
        text.Line($"/// <summary>{Summary(shape, verb)}</summary>");
        if (verb == Verb.Add)
        {
            text.Line("/// <param name=\"name\">The node's name, unique in the graph.</param>");
        }

        text.Line($"/// <param name=\"function\">The function{(shape.IsAsync ? "; the value of the task that it gives is the result" : "")}.</param>");
        for (var i = 0; i < shape.Inputs.Count; i++)
        {
            text.Line($"/// <param name=\"{shape.Name(IsMap(verb) ? "values" : "input", i)}\">{Input(shape.Inputs[i], verb)}</param>");
        }

        text.Line(IsMap(verb)
            ? "/// <param name=\"options\">How each task is to be run, or null for the defaults.</param>"
            : "/// <param name=\"options\">How the task is to be run, or null for the defaults.</param>");
        if (verb == Verb.SubmitAsync)
        {
            text.Line("/// <param name=\"cancellationToken\">Gives up waiting; then nothing is submitted.</param>");
        }

        text.Line($"/// <returns>{Returned(verb)}</returns>");
        text.Lines(Exceptions(shape, verb));
        if (Counterpart(verb) is { } counterpart)
        {
            text.Line($"/// <remarks>dask: <c>{counterpart}</c>.</remarks>");
        }

        if (shape.Priority > 0)
        {
            text.Line($"[OverloadResolutionPriority({shape.Priority})]");
        }
    }

    private static bool IsMap(Verb verb) => verb is Verb.Map or Verb.MapFutures;

    private static string Summary(OverloadShape shape, Verb verb)
    {
        var function = (shape.IsAsync ? "an asynchronous function" : "a function") + (shape.HasContext ? " that takes its task's context" : "");
        return verb switch
        {
            Verb.Submit => $"Submits {function}.",
            Verb.SubmitAsync => $"Submits {function} once the client has room for a task.",
            Verb.Map when shape.Inputs.Count == 2 => $"Submits {function} for each pair of values of two sequences of equal length.",
            Verb.Map => $"Submits {function} for each of many values.",
            Verb.MapFutures => $"Submits {function} for the value of each of many futures.",
            _ => $"Adds {function}.",
        };
    }

    private static string Input(Takes takes, Verb verb) =>
        takes switch
        {
            Takes.Plain => "A value for the function.",
            Takes.Single when verb == Verb.Add => "A node, a reference to one, or a future, whose value the function gets.",
            Takes.Single => "A future whose value the function gets.",
            Takes.Many when verb == Verb.Add => "Nodes whose values the function gets as one list; copied, may be empty.",
            Takes.Many => "Futures whose values the function gets as one list; copied, may be empty.",
            Takes.Mixed when verb == Verb.Add => "A value for the function, a node, a future, or a list of nodes.",
            Takes.Mixed => "A value for the function, a future, or a list of futures.",
            Takes.FutureSequence => "The futures; read once.",
            _ => "The values; read once and copied.",
        };

    private static string Returned(Verb verb) =>
        verb switch
        {
            Verb.Map => "The futures of the results, in the order of the values.",
            Verb.MapFutures => "The futures of the results, in the order of the given ones.",
            Verb.Add => "The node, to be used as an input or an output.",
            _ => "The future of the result.",
        };

    private static IEnumerable<string> Exceptions(OverloadShape shape, Verb verb)
    {
        var inputs = shape.Inputs.Any(takes => takes is not (Takes.Plain or Takes.Mixed));
        yield return $"/// <exception cref=\"ArgumentNullException\">{(inputs ? "The function or an input" : "The function")} is null.</exception>";

        var causes = new List<string> { "The function gives a task without a value" };
        if (verb == Verb.Add)
        {
            causes.Add("the name is empty or in use");
        }

        if (shape.Inputs.Any(takes => takes is Takes.Many or Takes.FutureSequence))
        {
            causes.Add("an element of a list is null");
        }

        if (shape.Inputs.Any(takes => takes is Takes.Plain or Takes.Sequence))
        {
            causes.Add("a plain value is a future");
        }

        if (shape.Inputs.Count == 2 && verb == Verb.Map)
        {
            causes.Add("the sequences differ in length");
        }

        var text = causes.Count == 1 ? causes[0] : $"{string.Join(", ", causes[..^1])}, or {causes[^1]}";
        yield return $"/// <exception cref=\"ArgumentException\">{text}.</exception>";
        if (verb == Verb.SubmitAsync)
        {
            yield return "/// <exception cref=\"OperationCanceledException\">Waiting was given up.</exception>";
        }
    }

    private static string? Counterpart(Verb verb) =>
        verb switch
        {
            Verb.Submit or Verb.SubmitAsync => "Client.submit",
            Verb.Map or Verb.MapFutures => "Client.map",
            _ => null,
        };
}
