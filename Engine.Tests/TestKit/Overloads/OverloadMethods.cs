namespace Engine.Tests.TestKit.Overloads;

/// <summary>Writes the public overloads that make calls and hand them over.</summary>
internal static class OverloadMethods
{
    private static readonly string[] s_usings = ["System.Runtime.CompilerServices", "System.Runtime.InteropServices", "Engine.Tasks"];

    public static string Submit() => PartOf("public abstract partial class TaskSubmitter", Submissions(), WriteSubmit);

    public static string SubmitAsync() =>
        PartOf(
            "public abstract partial class TaskSubmitter",
            Submissions().Where(shape => !shape.Inputs.Contains(Takes.Mixed)),
            WriteSubmitAsync);

    public static string Map() =>
        PartOf(
            "public abstract partial class TaskSubmitter",
            [.. OverloadShape.All(1, Takes.Sequence), .. OverloadShape.All(1, Takes.FutureSequence), .. OverloadShape.All(2, Takes.Sequence)],
            WriteMap);

    public static string GraphAdd() => PartOf("public sealed partial class TaskGraph", Submissions(), WriteAdd);

    private static IEnumerable<OverloadShape> Submissions() =>
    [
        .. OverloadShape.All(0),
        .. OverloadShape.All(1, Takes.Plain, Takes.Single, Takes.Many),
        .. OverloadShape.All(2, Takes.Plain, Takes.Single, Takes.Many),
        .. OverloadShape.All(3, Takes.Mixed),
        .. OverloadShape.All(4, Takes.Mixed),
    ];

    private static string PartOf(string type, IEnumerable<OverloadShape> shapes, Action<SourceText, OverloadShape> write)
    {
        var text = new SourceText(s_usings);
        text.Line("namespace Engine;");
        text.Line();
        text.Line(type);
        text.Braces(() =>
        {
            var isFirst = true;
            foreach (var shape in shapes)
            {
                if (!isFirst)
                {
                    text.Line();
                }

                isFirst = false;
                write(text, shape);
            }
        });
        return text.ToString();
    }

    private static void WriteSubmit(SourceText text, OverloadShape shape)
    {
        OverloadDocs.Write(text, shape, Verb.Submit);
        var inputs = Parameters(shape, "Future", "Input");
        text.Line(
            $"public Future<TResult> Submit{shape.TypeParameters}({shape.FunctionType} function, "
            + $"{inputs}SubmitOptions? options = null)");
        text.Braces(() =>
        {
            var hasElement = shape.Inputs.Contains(Takes.Plain);
            var (call, dependencies) = CallExpression.Write(text, shape, "Future", hasElement);
            text.Line($"return Enqueue<TResult>({call}, {dependencies}, options{(hasElement ? ", element.Element" : "")});");
        });
    }

    private static void WriteSubmitAsync(SourceText text, OverloadShape shape)
    {
        OverloadDocs.Write(text, shape, Verb.SubmitAsync);
        var inputs = Parameters(shape, "Future", "Input");
        text.Line(
            $"public async ValueTask<Future<TResult>> SubmitAsync{shape.TypeParameters}({shape.FunctionType} function, "
            + $"{inputs}SubmitOptions? options = null, CancellationToken cancellationToken = default)");
        text.Braces(() =>
        {
            text.Line("await WaitForRoomAsync(cancellationToken);");
            var names = shape.Inputs.Select((_, i) => shape.Name("input", i)).Prepend("function").Append("options");
            text.Line($"return Submit{shape.TypeParameters}({string.Join(", ", names)});");
        });
    }

    private static void WriteAdd(SourceText text, OverloadShape shape)
    {
        OverloadDocs.Write(text, shape, Verb.Add);
        var inputs = Parameters(shape, "GraphNode", "GraphInput");
        text.Line(
            $"public GraphNode<TResult> Add{shape.TypeParameters}(string name, {shape.FunctionType} function, "
            + $"{inputs}SubmitOptions? options = null)");
        text.Braces(() =>
        {
            var (call, dependencies) = CallExpression.Write(text, shape, "GraphNode", hasElement: false);
            text.Line($"return AddNode<TResult>(name, {call}, {dependencies}, options);");
        });
    }

    private static void WriteMap(SourceText text, OverloadShape shape)
    {
        if (shape.Inputs[0] == Takes.FutureSequence)
        {
            WriteMapOfFutures(text, shape);
            return;
        }

        OverloadDocs.Write(text, shape, Verb.Map);
        var inputs = string.Concat(shape.Inputs.Select((_, i) => $"IEnumerable<{shape.T(i)}> {shape.Name("values", i)}, "));
        text.Line(
            $"public FutureMap<TResult> Map{shape.TypeParameters}({shape.FunctionType} function, "
            + $"{inputs}SubmitOptions? options = null)");
        text.Braces(() =>
        {
            var copies = shape.Inputs.Select((_, i) => shape.Name("copy", i)).ToArray();
            text.Line("CallCheck.Function<TResult>(function);");
            text.Lines(copies.Select((copy, i) => $"var {copy} = CallCheck.Values({shape.Name("values", i)});"));
            if (copies.Length == 2)
            {
                text.Line("CallCheck.SameLength(copy1, copy2);");
            }

            var call = $"new {shape.CallName("MapCall")}{shape.TypeParameters}(function, {string.Join(", ", copies)})";
            text.Line($"return EnqueueMap<TResult>({call}, {copies[0]}.Length, options);");
        });
    }

    private static void WriteMapOfFutures(SourceText text, OverloadShape shape)
    {
        OverloadDocs.Write(text, shape, Verb.MapFutures);
        text.Line(
            $"public Future<TResult>[] Map{shape.TypeParameters}({shape.FunctionType} function, "
            + "IEnumerable<Future<T>> values, SubmitOptions? options = null)");
        text.Braces(() =>
        {
            text.Line("CallCheck.Function<TResult>(function);");
            text.Line($"var work = new {CallExpression.TypeOf(shape)}(function, Argument<T>.Dependency(0));");
            text.Line("return EnqueueEach<TResult>(work, CallCheck.Dependencies<Future>(values), options);");
        });
    }

    private static string Parameters(OverloadShape shape, string single, string mixed) =>
        string.Concat(shape.Inputs.Select((takes, i) => $"{ParameterType(takes, shape.T(i), single, mixed)} {shape.Name("input", i)}, "));

    private static string ParameterType(Takes takes, string type, string single, string mixed) =>
        takes switch
        {
            Takes.Single => $"{single}<{type}>",
            Takes.Many => $"IEnumerable<{single}<{type}>>",
            Takes.Mixed => $"{mixed}<{type}>",
            _ => type,
        };
}
