using Engine.Plugins.Transports;

namespace Engine.Nannies.Processes;

/// <summary>What of a worker's options goes to its process, and what can't.</summary>
/// <remarks>Plugins, stores and services are objects and functions of this process; they are refused.</remarks>
internal static class WorkerLaunchCodec
{
    /// <summary>Refuses what can't leave the process.</summary>
    /// <exception cref="ArgumentException">An option is set that can't.</exception>
    public static void Check(WorkerOptions options)
    {
        Require(options.Plugins.Count == 0, nameof(WorkerOptions.Plugins), "Register the plugin with a client when the cluster runs");
        Require(options.Services is null, nameof(WorkerOptions.Services), "Let functions make what they need, or have a worker plugin make it");
        Require(options.SpillStore is null, nameof(WorkerOptions.SpillStore), "Leave it null, for files under the temporary directory");
    }

    /// <summary>Refuses an option of a cluster or a worker that is set though it can't leave the process.</summary>
    public static void Require(bool isLeftAlone, string option, string advice)
    {
        if (!isLeftAlone)
        {
            throw new ArgumentException(
                $"{option} is an object of this process and can't go to a worker process. {advice}, or leave {nameof(LocalClusterOptions.Processes)} false.", option);
        }
    }

    /// <summary>Writes what a worker process has to know.</summary>
    /// <param name="options">The worker's options.</param>
    /// <param name="place">Where its scheduler is.</param>
    /// <param name="launch">What its nanny says.</param>
    /// <param name="unset">Variables that are only for the start.</param>
    public static LaunchDocument Encode(WorkerOptions options, ProcessPlace place, WorkerLaunch launch, IReadOnlyList<string> unset)
    {
        Check(options);
        return new LaunchDocument
        {
            Scheduler = place.SchedulerAddress,
            Listen = options.ListenAddress ?? place.ListenAddress,
            Nanny = launch.Nanny.Value,
            Leaves = launch.Leaves,
            Environment = launch.Environment,
            Unset = unset,
            Validate = place.Validate,
            Assemblies = place.Assemblies,
            Worker = new WorkerDocument
            {
                Name = options.Name,
                Threads = options.Threads,
                Resources = options.Resources.AsReadOnly(),
                Host = options.Host,
                CloseTimeout = options.CloseTimeout,
                MemoryLimit = options.MemoryLimit,
                MemoryTarget = options.MemoryTarget,
                MemoryPause = options.MemoryPause,
                MemoryTerminate = options.MemoryTerminate,
            },
            Security = new SecurityDocument
            {
                Secret = place.Security.Secret?.ToArray(),
                CertificateFile = place.Security.CertificateFile,
                KeyFile = place.Security.KeyFile,
                AuthorityFile = place.Security.AuthorityFile,
                AllowInsecure = place.Security.AllowInsecure,
            },
        };
    }

    /// <summary>The options of the worker, in its process.</summary>
    public static WorkerOptions OptionsOf(LaunchDocument document) => new()
    {
        Name = document.Worker.Name,
        Threads = document.Worker.Threads,
        Resources = new Dictionary<string, double>(document.Worker.Resources, StringComparer.Ordinal),
        Host = document.Worker.Host,
        CloseTimeout = document.Worker.CloseTimeout,
        MemoryLimit = document.Worker.MemoryLimit,
        MemoryTarget = document.Worker.MemoryTarget,
        MemoryPause = document.Worker.MemoryPause,
        MemoryTerminate = document.Worker.MemoryTerminate,
        ListenAddress = document.Listen,
    };

    /// <summary>Who the worker trusts, in its process.</summary>
    public static TransportSecurity SecurityOf(LaunchDocument document) => new()
    {
        Secret = document.Security.Secret is { } secret ? (ReadOnlyMemory<byte>?)secret : null,
        CertificateFile = document.Security.CertificateFile,
        KeyFile = document.Security.KeyFile,
        AuthorityFile = document.Security.AuthorityFile,
        AllowInsecure = document.Security.AllowInsecure,
    };
}
