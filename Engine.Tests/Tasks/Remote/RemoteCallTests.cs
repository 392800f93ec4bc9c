using System.Buffers;
using System.Runtime.Loader;
using Engine.Data;
using Engine.Data.Serialization;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Protocol.Wire;
using Engine.Tasks;
using Engine.Tasks.Remote;
using Engine.Tests.TestKit;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Engine.Tests.Tasks.Remote;

public sealed class RemoteCallTests
{
    private readonly WireRoundTrip _wire = new();

    [Fact]
    public void A_lambda_that_captures_nothing_runs_on_the_other_side() =>
        Assert.Equal(42, Run<int>(Call<int>.Of(static () => 42)));

    [Fact]
    public void A_static_method_runs_on_the_other_side_with_its_inputs()
    {
        var work = Call<int, Argument<int>, string, Argument<string>, string>.Of(Join, Argument<int>.Literal(3), Argument<string>.Dependency(0));
        Assert.Equal("3 and three", Run<string>(work, DataValue.From("three")));
    }

    [Fact]
    public void A_generic_method_runs_on_the_other_side_with_the_same_types()
    {
        var work = Call<List<int>, Argument<List<int>>, int>.Of(CountOf, Argument<List<int>>.Literal([1, 2, 3]));
        Assert.Equal(3, Run<int>(work));
    }

    [Fact]
    public void A_local_function_runs_on_the_other_side()
    {
        static int Twice(int x) => 2 * x;
        Assert.Equal(14, Run<int>(Call<int, Argument<int>, int>.Of(Twice, Argument<int>.Literal(7))));
    }

    [Fact]
    public async Task An_asynchronous_function_runs_on_the_other_side()
    {
        var work = _wire.Send(TaskCall<int, Argument<int>, int>.Of(static async x => { await Task.Yield(); return x + 1; }, Argument<int>.Literal(1)));
        Assert.True(work.IsAsync);
        var pending = work.InvokeAsync(new TaskInputs([]), 0, null);
        Assert.Equal(2, (await pending).Get<int>());
    }

    [Fact]
    public void Lists_of_inputs_are_read_on_the_other_side()
    {
        var work = Call<IReadOnlyList<int>, ListArgument<int>, int>.Of(static all => all.Sum(), new ListArgument<int>(0, 2));
        Assert.Equal(5, Run<int>(work, DataValue.From(2), DataValue.From(3)));
        var mixed = Call<IReadOnlyList<int>, MixedArgument<IReadOnlyList<int>>, int>.Of(static all => all.Sum(), new(new ElementListReader<int>(1, 1)));
        Assert.Equal(3, Run<int>(mixed, DataValue.From(2), DataValue.From(3)));
    }

    [Fact]
    public void A_map_travels_once_with_all_its_elements()
    {
        var map = new MapCall<int, int>(static x => x * x, [1, 2, 3]);
        var first = _wire.Send(map);
        Assert.True(first.IsMap);
        Assert.Equal(9, first.Invoke(new TaskInputs([]), 2, null).Get<int>());
    }

    [Fact]
    public void Work_that_many_tasks_share_is_written_in_full_once()
    {
        var element = default(ElementLiteral);
        var work = Call<int, Argument<int>, int>.Of(static x => x + 1, Argument<int>.Literal(5, ref element));
        var first = _wire.Send(work);
        Assert.True(_wire.LastBytes > 50);

        Assert.Same(first, _wire.Send(work));
        Assert.Equal(2, _wire.LastBytes);
        Assert.Equal(6, first.Invoke(new TaskInputs([]), element.Element, null).Get<int>());
    }

    [Fact]
    public void A_thousand_functions_more_than_the_table_has_places_still_arrive()
    {
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 3000; i++)
            {
                var map = new MapCall<int, int>(static x => x, [i]);
                Assert.Equal(i, _wire.Send(map).Invoke(new TaskInputs([]), 0, null).Get<int>());
            }
        }
    }

    [Fact]
    public void A_result_that_cannot_leave_the_worker_fails_the_task()
    {
        var work = _wire.Send(Call<MemoryStream>.Of(static () => new MemoryStream()));
        var exception = Assert.Throws<ValueSerializationException>(() => work.Invoke(new TaskInputs([]), 0, null));
        Assert.Contains("System.IO.MemoryStream", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lambda_that_captures_something_is_refused_and_the_variable_is_named()
    {
        var factor = 3;
        var exception = Assert.Throws<FunctionNotPortableException>(() => _wire.Send(Call<int, Argument<int>, int>.Of(x => x * factor, Argument<int>.Literal(1))));
        Assert.Contains("\"factor\"", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_method_of_an_object_is_refused()
    {
        var exception = Assert.Throws<FunctionNotPortableException>(() => _wire.Send(Call<int>.Of(Member)));
        Assert.Contains(nameof(RemoteCallTests), exception.Message, StringComparison.Ordinal);
        var text = "bound";
        Assert.Throws<FunctionNotPortableException>(() => _wire.Send(Call<int>.Of(text.Count)));
    }

    [Fact]
    public void A_method_of_the_framework_is_refused()
    {
        var exception = Assert.Throws<FunctionNotPortableException>(() => _wire.Send(Call<double, Argument<double>, double>.Of(Math.Sqrt, Argument<double>.Literal(1))));
        Assert.Contains("static x => Math.Sqrt(x)", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_literal_that_cannot_leave_the_process_is_refused()
    {
        Assert.Throws<ValueSerializationException>(() => _wire.Send(Call<Stream, Argument<Stream>, int>.Of(static _ => 0, Argument<Stream>.Literal(Stream.Null))));
    }

    [Fact]
    public void An_assembly_that_the_worker_was_not_given_is_named()
    {
        var work = new WireRoundTrip(new ProgramAssemblies([])).Send(Call<int>.Of(static () => 1));
        var exception = Assert.Throws<FunctionBindingException>(() => work.Invoke(new TaskInputs([]), 0, null));
        Assert.Contains("Engine.Tests", exception.Message, StringComparison.Ordinal);
        Assert.Contains("UploadAssemblyAsync", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_workers_and_nannies_look_for_functions_and_others_pass_them_on()
    {
        var serializers = new ValueSerializers();
        var format = new EngineWireFormat(new WireContext(serializers, new FunctionBinder(ProgramAssemblies.OfThisProcess(), serializers)));
        var work = new RemoteCalls(serializers).ToRemote(Call<int>.Of(static () => 1));
        var batch = new ComputeBatch();
        batch.Add(new ComputeTask { Work = work, Count = 1, Attempt = 1 });
        var submits = new SubmitBatch();
        submits.Add(work, null);

        Assert.IsType<AdmittedCall>(((ComputeBatch)Cross(format, batch, ComponentRole.Scheduler, ComponentRole.Worker)).Span[0].Work);
        Assert.IsType<RemoteWork>(((SubmitBatch)Cross(format, submits, ComponentRole.Client, ComponentRole.Scheduler)).Span[0].Work);
    }

    [Fact]
    public void An_assembly_that_arrives_with_other_bytes_is_not_loaded()
    {
        var image = AssemblyImage.Of("Some", [1, 2, 3]);
        var exception = Assert.Throws<FunctionBindingException>(() => new ProgramAssemblies([]).Load(new AssemblyImage("Some", image.Hash, [1, 2, 4])));
        Assert.Contains("other bytes", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_build_on_the_other_side_is_refused_and_both_are_named()
    {
        var directory = Directory.CreateTempSubdirectory("engine-builds-");
        try
        {
            var (here, there) = (Compile(directory, "here", "1.0.0.0"), Compile(directory, "there", "2.0.0.0"));
            var function = new AssemblyLoadContext("here", isCollectible: true).LoadFromAssemblyPath(here).GetType("Program")!.GetMethod("One")!.CreateDelegate<Func<int>>();

            var work = new WireRoundTrip(new ProgramAssemblies([there])).Send(Call<int>.Of(function));

            var exception = Assert.Throws<FunctionBindingException>(() => work.Invoke(new TaskInputs([]), 0, null));
            Assert.Contains("1.0.0.0", exception.Message, StringComparison.Ordinal);
            Assert.Contains("2.0.0.0", exception.Message, StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static Message Cross(EngineWireFormat format, Message message, ComponentRole from, ComponentRole to)
    {
        var output = new BodyOutput();
        var kind = format.CreateCodec(from, to).Write(message, output);
        return format.CreateCodec(to, from).Read(kind, new ReadOnlySequence<byte>(output.Body), []);
    }

    private static string Compile(DirectoryInfo directory, string folder, string version)
    {
        var path = Path.Combine(directory.CreateSubdirectory(folder).FullName, "SomeProgram.dll");
        var result = CSharpCompilation.Create(
            "SomeProgram",
            [CSharpSyntaxTree.ParseText($"[assembly: System.Reflection.AssemblyVersion(\"{version}\")] public static class Program {{ public static int One() => 1; }}")],
            [MetadataReference.CreateFromFile(typeof(object).Assembly.Location)],
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary)).Emit(path);
        Assert.True(result.Success);
        return path;
    }

    private static string Join(int number, string text) => $"{number} and {text}";

    private static int CountOf<T>(List<T> list) => list.Count;

#pragma warning disable CA1822 // It is here to be a member.
    private int Member() => 1;
#pragma warning restore CA1822

    private T Run<T>(TaskWork work, params DataValue[] inputs) => _wire.Send(work).Invoke(new TaskInputs(inputs), 0, null).Get<T>();
}
