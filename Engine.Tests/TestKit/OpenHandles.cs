namespace Engine.Tests.TestKit;

/// <summary>The handles that this process has open: files, sockets, pipes and what else there is, but no assemblies: they are loaded when they are needed, and stay open. On Linux.</summary>
internal static class OpenHandles
{
    private const string Directory = "/proc/self/fd";

    /// <summary>Each as its number and what it leads to, such as <c>71 socket:[88204]</c>.</summary>
    public static HashSet<string> All() =>
    [
        .. from path in System.IO.Directory.GetFiles(Directory)
           let target = new FileInfo(path).LinkTarget
           where target?.StartsWith("/proc/", StringComparison.Ordinal) == false // Null: closed meanwhile; and it is not about this list itself.
               && !target.EndsWith(".dll", StringComparison.Ordinal)
           select $"{Path.GetFileName(path)} {target}",
    ];
}
