using System.Reflection;
using Engine.Plugins.Transports;

namespace Engine;

/// <summary>Where the engine finds the transports that cross processes.</summary>
/// <remarks>
/// dask: <c>distributed.comm.registry</c>. Without registration the schemes of the package <c>Engine.Transport.Sockets</c> are known, if
/// the program has it; no other assembly is looked for.
/// </remarks>
public static class Transports
{
    private const string Package = "Engine.Transport.Sockets";
    private static readonly Lock s_gate = new();
    private static readonly List<ITransportProvider> s_registered = [];
    private static ITransportProvider? s_packaged;

    /// <summary>Makes further schemes known, or replaces those of a scheme. Worker processes don't see it: they run none of the program's own code.</summary>
    /// <param name="provider">Makes the transports; the one that was registered last for a scheme is used.</param>
    public static void Register(ITransportProvider provider)
    {
        ArgumentNullException.ThrowIfNull(provider);
        lock (s_gate)
        {
            s_registered.Insert(0, provider);
        }
    }

    /// <summary>Makes the transport of a scheme.</summary>
    /// <exception cref="NotSupportedException">Nobody makes such transports.</exception>
    internal static ITransport Create(TransportSettings settings) => Find(settings.Scheme).Create(settings);

    private static ITransportProvider Find(string scheme)
    {
        lock (s_gate)
        {
            if (s_registered.Find(provider => Serves(provider, scheme)) is { } registered)
            {
                return registered;
            }

            s_packaged ??= Load();
            return s_packaged is not null && Serves(s_packaged, scheme)
                ? s_packaged
                : throw new NotSupportedException(
                    $"No transport serves {scheme}://. "
                    + (s_packaged is null ? $"Reference the package {Package}" : $"{Package} has {string.Join(", ", s_packaged.Schemes)}; use one of these")
                    + $", or register a provider with {nameof(Transports)}.{nameof(Register)}.");
        }
    }

    private static bool Serves(ITransportProvider provider, string scheme)
    {
        foreach (var served in provider.Schemes)
        {
            if (served == scheme)
            {
                return true;
            }
        }

        return false;
    }

    private static ITransportProvider? Load()
    {
        Assembly assembly;
        try
        {
            assembly = Assembly.Load(Package);
        }
        catch (FileNotFoundException)
        {
            return null;
        }

        return assembly.GetCustomAttribute<TransportProviderAttribute>() is { } named
            ? (ITransportProvider)Activator.CreateInstance(named.Provider)!
            : null;
    }
}
