using System.Buffers;
using System.Collections.Concurrent;
using System.Net.Sockets;
using Engine.Data;
using Engine.Data.Serialization;
using Engine.Protocol;
using Engine.Protocol.Wire;
using Engine.Tasks;

namespace Engine.Tests.TestKit.Home;

/// <summary>
/// Where closures of tests run that worker processes are to run: at home, in the test's process, with the gates and counters that they
/// captured. A worker process asks for it when it comes to such a function.
/// </summary>
internal static class HomeServer
{
    /// <summary>The variable by which worker processes find it.</summary>
    public const string Variable = "ENGINE_TEST_HOME";

    private static readonly Lazy<string> s_name = new(Listen);
    private static readonly ConcurrentDictionary<WorkerId, Task<Client>> s_clients = new();

    /// <summary>The value of the variable.</summary>
    public static string Name => s_name.Value;

    /// <summary>The cluster of the test that runs; tests with processes come one after the other.</summary>
    public static LocalCluster? Cluster { get; set; }

    /// <summary>How values are written on the way between worker processes and here.</summary>
    public static ValueSerializers Serializers { get; } = new() { Handles = new HomeHandles() };

    /// <summary>The client for what functions of a worker submit.</summary>
    public static Client ClientOf(WorkerAddress worker)
    {
        var connecting = s_clients.GetOrAdd(worker.Id, _ => Cluster!.ConnectAsync(new ClientOptions { Name = $"{worker.Name} tasks" }));
#pragma warning disable VSTHRD002 // As with that of a worker: once, on the thread of a function.
        return connecting.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
    }

    /// <summary>Clients that functions have asked for and have.</summary>
    public static IEnumerable<Client> Clients => s_clients.Values.Where(static connecting => connecting.IsCompletedSuccessfully).Select(static connecting => connecting.Result);

    /// <summary>Clients that functions have asked for; who takes them closes them.</summary>
    public static async Task<List<Client>> TakeClientsAsync()
    {
        var clients = new List<Client>();
        foreach (var worker in s_clients.Keys)
        {
            if (s_clients.TryRemove(worker, out var connecting))
            {
                clients.Add(await connecting);
            }
        }

        return clients;
    }

    private static string Listen()
    {
        var name = Path.Combine(Path.GetTempPath(), $"engine-home-{Environment.ProcessId}-{Path.GetRandomFileName()}");
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(name));
        listener.Listen(64);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(name);
        new Thread(() =>
        {
            while (true)
            {
                _ = new Visitor(new HomeLink(listener.Accept()));
            }
        })
        { IsBackground = true, Name = "home" }.Start();
        return name;
    }

    /// <summary>A worker process.</summary>
    private sealed class Visitor
    {
        private readonly ConcurrentDictionary<long, HomeCall> _calls = new();
        private readonly HomeLink _link;

        public Visitor(HomeLink link)
        {
            _link = link;
            link.Read(Take, Leave);
        }

        private void Take(ReadOnlyMemory<byte> body, byte[][] attachments)
        {
            var reader = new WireReader(new ReadOnlySequence<byte>(body), attachments);
            var (word, number) = ((HomeWord)reader.Byte(), reader.Int());
            switch (word)
            {
                case HomeWord.Describe:
                    Describe(number, Serializers.Handles!.Get(reader.Int()) as TaskWork);
                    break;
                case HomeWord.Run:
                    var call = ReadCall(number, ref reader);
                    _calls[number] = call;
                    call.Start(() => _calls.TryRemove(number, out _));
                    break;
                case HomeWord.Cancel when _calls.TryGetValue(number, out var running):
                    running.Context?.Cancel((CancellationCause)reader.Byte());
                    break;
                case HomeWord.SlotTaken when _calls.TryGetValue(number, out var waiting):
                    waiting.TakeSlot();
                    break;
            }
        }

        private void Describe(long number, TaskWork? work) => _link.Send(HomeWord.Described, number, (ref WireWriter writer) =>
        {
            writer.Text(work?.Function.Name);
            writer.Bool(work?.IsAsync == true);
            writer.Bool(work?.NeedsContext == true);
            writer.Bool(work?.IsMap == true);
        });

        private HomeCall ReadCall(long number, ref WireReader reader)
        {
            var work = (TaskWork)Serializers.Handles!.Get(reader.Int());
            var element = reader.Int32();
            var inputs = new DataValue[reader.Count()];
            for (var i = 0; i < inputs.Length; i++)
            {
                inputs[i] = ValueCodec.Read(ref reader, Serializers);
            }

            var call = new HomeCall(_link, number, work, element, inputs);
            if (reader.Bool())
            {
                call.ReadContext(ref reader);
            }

            return call;
        }

        /// <summary>Its process has ended: nobody wants what runs.</summary>
        private void Leave()
        {
            foreach (var call in _calls.Values)
            {
                call.Context?.Cancel(CancellationCause.WorkerClosing);
            }
        }
    }
}
