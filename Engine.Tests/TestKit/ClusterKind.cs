using Engine.Data.Serialization;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tasks.Remote;
using Engine.Tests.TestKit.Home;

namespace Engine.Tests.TestKit;

/// <summary>Of which kind the clusters of a test are. A test class that is to run on another kind is derived from, and its constructor says which.</summary>
internal static class ClusterKind
{
    private static readonly AsyncLocal<Kind> s_kind = new();

    /// <summary>The ends of what can't travel as bytes: gates and closures of tests.</summary>
    private static readonly ValueSerializers s_serializers = new() { Handles = new ProcessHandles() };

    private enum Kind
    {
        InProcess,
        OverSockets,
        WithProcesses,
    }

    /// <summary>How values are written where components are connected over sockets; for clients that a test connects itself.</summary>
    public static ValueSerializers Serializers => s_serializers;

    /// <summary>Components are in this process, and connected over sockets.</summary>
    public static bool IsOverSockets => s_kind.Value == Kind.OverSockets;

    /// <summary>Workers are processes; scheduler, nannies and clients are in this one.</summary>
    public static bool HasProcesses => s_kind.Value == Kind.WithProcesses;

    /// <summary>Whether what a function returns crosses a connection on its way to a client.</summary>
    private static bool Crosses => s_kind.Value != Kind.InProcess;

    /// <summary>Has the clusters of the current test connect their components over sockets.</summary>
    public static void UseSockets() => s_kind.Value = Kind.OverSockets;

    /// <summary>Has the clusters of the current test start their workers as processes.</summary>
    public static void UseProcesses() => s_kind.Value = Kind.WithProcesses;

    /// <summary>That a value is the very object, or where it crossed a connection, an equal one.</summary>
    public static void AssertSame<T>(T expected, T actual)
        where T : class
    {
        if (Crosses)
        {
            Assert.Equivalent(expected, actual);
        }
        else
        {
            Assert.Same(expected, actual);
        }
    }

    /// <summary>That an exception is of a type, or where it crossed a connection, stands for one of it.</summary>
    public static Exception AssertIs<T>(Exception? exception)
        where T : Exception
    {
        Assert.NotNull(exception);
        if (Crosses)
        {
            Assert.Equal(typeof(T).FullName, Assert.IsType<RemoteException>(exception).TypeName);
        }
        else
        {
            Assert.IsType<T>(exception);
        }

        return exception;
    }

    /// <summary>Sets the options of a cluster.</summary>
    /// <param name="options">As they are without a kind.</param>
    /// <param name="configure">What the test sets.</param>
    public static void Configure(LocalClusterOptions options, Action<LocalClusterOptions>? configure = null)
    {
        switch (s_kind.Value)
        {
            case Kind.OverSockets:
                options.Serializers = s_serializers;
                options.CreateTransport = static () => Transports.Create(new TransportSettings
                {
                    Scheme = "unix",
                    Format = EngineTransports.Format(s_serializers, ProgramAssemblies.OfThisProcess()),
                });
                break;
            case Kind.WithProcesses:
                options.Processes = true;
                options.Serializers = HomeServer.Serializers;
                options.Nanny.Plugins["home"] = static () => new HomePlugin();
                break;
        }

        configure?.Invoke(options);
        if (HasProcesses && !options.Nannies)
        {
            // A worker process needs one; one that starts no successors is as good as none.
            options.Nannies = true;
            options.Nanny.RestartsMax = 0;
        }
    }
}
