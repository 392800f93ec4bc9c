namespace Engine.Tests.TestKit.Overloads;

/// <summary>Writes the classes of work: one for each number of inputs and each kind of function.</summary>
internal static class CallClasses
{
    private const int MaxInputs = 4;
    private const int MaxSequences = 2;

    /// <summary>Calls of a function once.</summary>
    public static string Calls()
    {
        var text = new SourceText("Engine.Data", "Engine.Data.Serialization", "Engine.Protocol.Wire");
        text.Line("namespace Engine.Tasks;");
        for (var count = 0; count <= MaxInputs; count++)
        {
            foreach (var shape in OverloadShape.All(count, Takes.Mixed))
            {
                text.Line();
                WriteCall(text, shape);
            }
        }

        return text.ToString();
    }

    /// <summary>Calls of a function with each element of one or two sequences.</summary>
    public static string MapCalls()
    {
        var text = new SourceText("Engine.Data", "Engine.Data.Serialization", "Engine.Protocol.Wire");
        text.Line("namespace Engine.Tasks;");
        for (var count = 1; count <= MaxSequences; count++)
        {
            foreach (var shape in OverloadShape.All(count, Takes.Sequence))
            {
                text.Line();
                WriteMapCall(text, shape);
            }
        }

        return text.ToString();
    }

    /// <summary>The type of a call as its makers name it.</summary>
    public static string CallType(OverloadShape shape, Func<Takes, string, string> argument)
    {
        var types = shape.Inputs.SelectMany((takes, i) => new[]
        {
            takes == Takes.Many ? $"IReadOnlyList<{shape.T(i)}>" : shape.T(i),
            argument(takes, shape.T(i)),
        });
        return $"{shape.CallName("Call")}<{string.Join(", ", types.Append("TResult"))}>";
    }

    private static void WriteCall(SourceText text, OverloadShape shape)
    {
        var type = CallType(shape, (_, t) => $"TArgument{t[1..]}");
        var fields = shape.Inputs.Select((_, i) => ($"TArgument{shape.T(i)[1..]}", shape.Name("argument", i))).ToArray();
        text.Line($"/// <summary>A call of {Function(shape)} of {shape.Inputs.Count} inputs.</summary>");
        WriteHead(text, shape, type, fields);
        for (var i = 0; i < fields.Length; i++)
        {
            text.Continued($"where {fields[i].Item1} : struct, IArgument<{fields[i].Item1}, {shape.T(i)}>");
        }

        text.Braces(() =>
        {
            WriteFields(text, shape, fields);
            WriteOf(text, shape, type, fields);
            WriteInvoke(text, shape, fields.Select(field => $"_{field.Item2}.Read(inputs, element)"));
            WriteRemoting(
                text,
                type,
                shape,
                fields.Length == 0 ? "true" : string.Join(" && ", fields.Select(field => $"_{field.Item2}.HoldsNothing")),
                fields.Select(field => ($"_{field.Item2}.Write(ref writer, serializers);", $"{field.Item1}.Read(ref reader, serializers)")).ToArray());
            text.Line("public override bool SameDefinition(TaskWork other) =>");
            text.Continued(
                $"other is {type} call && _function.Equals(call._function)"
                + string.Concat(fields.Select(field => $" && _{field.Item2}.SameAs(call._{field.Item2})"))
                + ";");
        });
    }

    private static void WriteMapCall(SourceText text, OverloadShape shape)
    {
        var type = shape.CallName("MapCall") + shape.TypeParameters;
        var fields = shape.Inputs.Select((_, i) => ($"{shape.T(i)}[]", shape.Name("values", i))).ToArray();
        text.Line($"/// <summary>Calls of {Function(shape)}, one for each element of {shape.Inputs.Count} sequences. Owns the arrays.</summary>");
        WriteHead(text, shape, type, fields);
        text.Braces(() =>
        {
            WriteFields(text, shape, fields);
            text.Line("public override bool IsMap => true;");
            text.Line();
            WriteInvoke(text, shape, fields.Select(field => $"_{field.Item2}[element]"));
            WriteRemoting(
                text,
                type,
                shape,
                "true",
                fields.Select(field => ($"serializers.Write(ref writer, _{field.Item2});", $"serializers.Read<{field.Item1}>(ref reader)")).ToArray());
            text.Line("public override bool SameDefinition(TaskWork other) =>");
            text.Continued(
                $"other is {type} call && _function.Equals(call._function)"
                + string.Concat(fields.Select(field => $" && _{field.Item2}.AsSpan().SequenceEqual(call._{field.Item2}, null)"))
                + ";");
        });
    }

    /// <summary>What lets a call leave the process and come back to life in another.</summary>
    private static void WriteRemoting(SourceText text, string type, OverloadShape shape, string isShared, (string Write, string Read)[] arguments)
    {
        text.Line("public override Delegate? UserFunction => _function;");
        text.Line();
        text.Line($"public override bool IsShared => {isShared};");
        text.Line();
        text.Line("public override DataValue Admit(in DataValue result, ValueSerializers serializers) => serializers.Admit<TResult>(result);");
        text.Line();
        text.Line("public override void WriteArguments(ref WireWriter writer, ValueSerializers serializers)");
        text.Braces(() => text.Lines(arguments.Select(argument => argument.Write)));
        text.Line();
        text.Line("public static TaskWork Read(Delegate function, ref WireReader reader, ValueSerializers serializers) =>");
        text.Continued($"new {type}({string.Join(", ", arguments.Select(argument => argument.Read).Prepend($"({shape.FunctionType})function"))});");
        text.Line();
    }

    /// <summary>Calls that hold no values are shared.</summary>
    private static void WriteOf(SourceText text, OverloadShape shape, string type, (string Type, string Name)[] fields)
    {
        var parameters = fields.Select(field => $"{field.Type} {field.Name}").Prepend($"{shape.FunctionType} function");
        var made = $"new {type}({string.Join(", ", fields.Select(field => field.Name).Prepend("function"))})";
        text.Line("/// <summary>The call: the one that was made last, if it is the same and holds no values.</summary>");
        text.Line($"public static TaskWork Of({string.Join(", ", parameters)})");
        text.Braces(() =>
        {
            var holders = string.Concat(fields.Select(field => $" || !{field.Name}.HoldsNothing"));
            text.Line($"if ({(holders == "" ? "" : holders[4..] + " || ")}FunctionInfo.RecentOf(function) is not {{ }} recent)");
            text.Braces(() => text.Line($"return {made};"));
            text.Line();
            text.Line($"if (recent.LastCall is {type} call{string.Concat(fields.Select(field => $" && call._{field.Name}.SameAs({field.Name})"))})");
            text.Braces(() => text.Line("return call;"));
            text.Line();
            text.Line($"return recent.LastCall = {made};");
        });
        text.Line();
    }

    private static string Function(OverloadShape shape) =>
        (shape.Returns == Returns.Value ? "a function" : $"a function that gives a {shape.Returns},") + (shape.HasContext ? " with a context" : "");

    private static void WriteHead(SourceText text, OverloadShape shape, string type, (string Type, string Name)[] fields)
    {
        var parameters = fields.Select(field => $"{field.Type} {field.Name}").Prepend($"{shape.FunctionType} function");
        text.Line($"internal sealed class {type}({string.Join(", ", parameters)}) : {(shape.IsAsync ? "AsyncCall" : "TaskWork")}");
    }

    private static void WriteFields(SourceText text, OverloadShape shape, (string Type, string Name)[] fields)
    {
        text.Line($"private readonly {shape.FunctionType} _function = function;");
        text.Lines(fields.Select(field => $"private readonly {field.Type} _{field.Name} = {field.Name};"));
        text.Line();
        text.Line("public override FunctionInfo Function => FunctionInfo.Of(_function);");
        text.Line();
        if (shape.HasContext)
        {
            text.Line("public override bool NeedsContext => true;");
            text.Line();
        }
    }

    private static void WriteInvoke(SourceText text, OverloadShape shape, IEnumerable<string> arguments)
    {
        // context!: it is there, as NeedsContext says so.
        var call = $"_function({string.Join(", ", shape.HasContext ? arguments.Append("context!") : arguments)})";
        text.Line(shape.IsAsync
            ? "public override ValueTask<DataValue> InvokeAsync(TaskInputs inputs, int element, TaskContext? context) =>"
            : "public override DataValue Invoke(TaskInputs inputs, int element, TaskContext? context) =>");
        text.Continued(shape.IsAsync ? $"ResultOf({call});" : $"DataValue.From({call});");
        text.Line();
    }
}
