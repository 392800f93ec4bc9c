using Engine.Data.Serialization;
using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Tasks.Remote;

namespace Engine.Tests.TestKit;

/// <summary>How the components of a test's cluster are connected. A test class that is to run in another way is derived from, and its constructor says which.</summary>
internal static class ClusterKind
{
    private static readonly AsyncLocal<bool> s_isOverSockets = new();

    /// <summary>The ends of what can't travel as bytes: gates and closures of tests.</summary>
    private static readonly ValueSerializers s_serializers = new() { Handles = new ProcessHandles() };

    /// <summary>How values are written where components are connected over sockets; for clients that a test connects itself.</summary>
    public static ValueSerializers Serializers => s_serializers;

    public static bool IsOverSockets => s_isOverSockets.Value;

    /// <summary>Has the clusters of the current test connect their components over sockets.</summary>
    public static void UseSockets() => s_isOverSockets.Value = true;

    /// <summary>That a value is the very object, or where it crossed a connection, an equal one.</summary>
    public static void AssertSame<T>(T expected, T actual)
        where T : class
    {
        if (IsOverSockets)
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
        if (IsOverSockets)
        {
            Assert.Equal(typeof(T).FullName, Assert.IsType<RemoteException>(exception).TypeName);
        }
        else
        {
            Assert.IsType<T>(exception);
        }

        return exception;
    }

    public static void Configure(LocalClusterOptions options)
    {
        if (IsOverSockets)
        {
            options.Serializers = s_serializers;
            options.CreateTransport = static () => Transports.Create(new TransportSettings
            {
                Scheme = "unix",
                Format = EngineTransports.Format(s_serializers, ProgramAssemblies.OfThisProcess()),
            });
        }
    }
}
