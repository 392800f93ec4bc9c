using System.Diagnostics.CodeAnalysis;

namespace Engine.Plugins.Transports;

/// <summary>Makes transports. An assembly names its provider with <see cref="TransportProviderAttribute"/>.</summary>
public interface ITransportProvider
{
    /// <summary>The schemes of which it can make a transport, for example <c>tcp</c>.</summary>
    IReadOnlyCollection<string> Schemes { get; }

    /// <summary>Makes a transport.</summary>
    /// <param name="settings">What it is made with.</param>
    /// <returns>The transport.</returns>
    /// <exception cref="TransportSecurityException">The security is not what the scheme needs: a file is missing, say.</exception>
    ITransport Create(TransportSettings settings);
}

/// <summary>Names the transport provider of an assembly.</summary>
/// <param name="provider">A class with a parameterless constructor that implements <see cref="ITransportProvider"/>.</param>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class TransportProviderAttribute(
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] Type provider) : Attribute
{
    /// <summary>The class.</summary>
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)]
    public Type Provider { get; } = provider;
}
