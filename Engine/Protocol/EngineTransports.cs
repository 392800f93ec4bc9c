using Engine.Data.Serialization;
using Engine.Plugins.Transports;
using Engine.Protocol.Wire;
using Engine.Tasks.Remote;

namespace Engine.Protocol;

/// <summary>Makes the transports of components that were given an address.</summary>
internal static class EngineTransports
{
    /// <summary>The transport of an address, with the engine's messages over it.</summary>
    /// <param name="address">The address of the scheduler.</param>
    /// <param name="security">Who is trusted.</param>
    /// <param name="assemblies">Where functions are looked for, if they are run here; null: they are not.</param>
    /// <param name="serializers">How values are written; null: as usual.</param>
    public static ITransport For(string address, TransportSecurity security, ProgramAssemblies? assemblies = null, ValueSerializers? serializers = null) =>
        TransportRouter.SchemeOf(address) is var scheme && scheme == InProcTransport.Shared.Scheme
            ? InProcTransport.Shared
            : Transports.Create(new TransportSettings { Scheme = scheme, Format = Format(serializers ?? new ValueSerializers(), assemblies), Security = security });

    public static IWireFormat Format(ValueSerializers serializers, ProgramAssemblies? assemblies) =>
        new EngineWireFormat(new WireContext(serializers, assemblies is null ? null : new FunctionBinder(assemblies, serializers)));
}
