using Engine.Data.Serialization;
using Engine.Diagnostics;
using Engine.Plugins.Transports;

namespace Engine;

/// <summary>How a client behaves. Copied when the client connects.</summary>
public sealed class ClientOptions
{
    /// <summary>The client's name, for people.</summary>
    /// <value><c>client</c>.</value>
    public string Name { get; set; } = "client";

    /// <summary>Unfinished tasks above which <c>SubmitAsync</c> waits. Plain <c>Submit</c> never waits.</summary>
    /// <value>262 144.</value>
    public int PendingTasksMax { get; set; } = 1 << 18;

    /// <summary>Whom the client trusts when it connects to another process, and how it shows who it is.</summary>
    /// <value>Nobody.</value>
    public TransportSecurity Security { get; init; } = new();

    /// <summary>For tests.</summary>
    internal ValueSerializers? Serializers { get; set; }

    /// <summary>Measures the client.</summary>
    internal EngineMeter Meter { get; set; } = EngineMeter.Own;

    internal ClientOptions Copy()
    {
        ArgumentNullException.ThrowIfNull(Name);
        ArgumentOutOfRangeException.ThrowIfLessThan(PendingTasksMax, 1);
        ArgumentNullException.ThrowIfNull(Security);
        return new ClientOptions { Name = Name, PendingTasksMax = PendingTasksMax, Security = Security, Serializers = Serializers, Meter = Meter };
    }
}
