using System.CommandLine;
using Engine.Nannies.Processes;
using Engine.Transport.Sockets;

namespace Engine.Host.Commands;

/// <summary><c>engine certificates DIR</c>: an authority and a certificate for each role.</summary>
internal static class CertificatesCommand
{
    public static Command Create()
    {
        var directory = new Argument<DirectoryInfo>("DIR") { Description = "Where the files go; made if it isn't there." };
        var hosts = new Option<string[]>("--host")
        {
            Description = "A name or address under which schedulers and workers are reached; may be given several times.",
            DefaultValueFactory = static _ => ["localhost", "127.0.0.1", "::1", Environment.MachineName],
        };
        var command = new Command("certificates", "Makes an authority of your own, and certificates of all roles. For tests and for clusters without a better authority.") { directory, hosts };
        command.SetAction((parsed, _) => Guard.RunAsync(() =>
        {
            var path = parsed.GetRequiredValue(directory).FullName;
            ClusterCertificates.Create(path, parsed.GetRequiredValue(hosts));
            Console.WriteLine($"Certificates are in {path}. Keep ca-key.pem to yourself; give each machine ca.pem and the files of its role.");
            return Task.FromResult(WorkerExitCode.Ended);
        }));
        return command;
    }
}
