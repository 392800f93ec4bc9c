using Engine.Protocol;
using Engine.Tasks.Remote;

namespace Engine;

/// <content>What only matters where workers are in other processes.</content>
public sealed partial class Client
{
    /// <summary>Connects to a scheduler.</summary>
    /// <param name="address">Its address, for example <c>tls://scheduler:8786</c>. Schemes: <c>tcp</c>, <c>tls</c>, <c>unix</c>, those of <see cref="Transports.Register"/>, and <c>inproc</c>.</param>
    /// <param name="options">How the client behaves, and whom it trusts; null for the defaults.</param>
    /// <param name="cancellationToken">Gives the attempt up.</param>
    /// <returns>The client.</returns>
    /// <exception cref="ConnectionClosedException">Nobody listens at the address, or it was not let in.</exception>
    /// <exception cref="TransportSecurityException">The two sides don't trust each other, or the connection would not be protected.</exception>
    /// <exception cref="NotSupportedException">No transport serves the scheme.</exception>
    /// <remarks>
    /// dask: <c>Client(address)</c>. If the connection breaks the client comes back by itself, within
    /// <see cref="SchedulerOptions.SessionGrace"/>: its futures are as they were. Later, awaiting them gives
    /// <see cref="FutureCancelledException"/>, and what is asked <see cref="SessionOverException"/>.
    /// </remarks>
    public static Task<Client> ConnectAsync(string address, ClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(address);
        options ??= new ClientOptions();
        return ConnectAsync(EngineTransports.For(address, options.Security), address, options, cancellationToken, hasSession: true);
    }

    /// <summary>Gives an assembly to all workers, those that come later included: functions of it can then be submitted.</summary>
    /// <param name="path">Its file. What it needs itself has to be there already, or has to be uploaded before it.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Ends when all workers have it.</returns>
    /// <exception cref="PluginException">A worker could not load it.</exception>
    /// <remarks>
    /// dask: <c>Client.upload_file</c>. Another build of the same name may follow; each task runs the build that it was submitted with.
    /// Workers of this process have it already, so for them nothing is done.
    /// </remarks>
    public async Task UploadAssemblyAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var bytes = await File.ReadAllBytesAsync(path, cancellationToken);
        var image = AssemblyImage.Of(System.Reflection.AssemblyName.GetAssemblyName(path).Name!, bytes); // A file's assembly has a name.
        await AskAsync<object?>(new RegisterRemotePlugin(RemotePluginKind.Worker, $"assembly {image.Name} {System.Convert.ToHexString(image.Hash)}", image, isIdempotent: true), cancellationToken);
    }

    /// <summary>A function that makes plugins has to be one that workers in other processes have too.</summary>
    private void CheckCrossing(Delegate create)
    {
        if (_crossing is { Serializers.Handles: var handles } && handles?.Keeps(create) != true)
        {
            FunctionDescriber.Describe(create);
        }
    }
}
