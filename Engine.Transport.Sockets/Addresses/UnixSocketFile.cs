using System.Net.Sockets;

namespace Engine.Transport.Sockets.Addresses;

/// <summary>The file of a unix socket: only its owner may connect, and it goes when its listener goes.</summary>
internal sealed class UnixSocketFile : IDisposable
{
    private readonly string? _directory;

    private UnixSocketFile(string path, string? directory)
    {
        Path = path;
        _directory = directory;
    }

    public string Path { get; }

    /// <summary>Takes a place.</summary>
    /// <param name="path">The path; empty for a fresh one in a directory of its own.</param>
    /// <exception cref="InvalidOperationException">Something listens there, or the file is something else.</exception>
    public static UnixSocketFile Take(string path)
    {
        if (path.Length == 0)
        {
            var directory = Directory.CreateTempSubdirectory("engine-").FullName; // For its owner only.
            return new UnixSocketFile(System.IO.Path.Combine(directory, "socket"), directory);
        }

        if (File.Exists(path) || Directory.Exists(path))
        {
            RemoveStale(path);
        }

        return new UnixSocketFile(path, null);
    }

    public void Bind(Socket socket)
    {
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(Path));
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw Taken(Path);
        }

        // Nobody can connect before Listen, so there is no moment in which others could.
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    public void Dispose()
    {
        if (File.Exists(Path))
        {
            File.Delete(Path);
        }

        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private static void RemoveStale(string path)
    {
        if (!IsSocket(path))
        {
            throw new InvalidOperationException($"{path} is there and is no socket. Choose another path, or remove it.");
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path); // Its listener is gone without removing it.
            return;
        }
        catch (SocketException exception)
        {
            throw new InvalidOperationException($"Whether something listens at unix://{path} can't be found out ({exception.Message}). Choose another path.", exception);
        }

        throw Taken(path);
    }

    private static bool IsSocket(string path)
    {
        if (Directory.Exists(path))
        {
            return false;
        }

        try
        {
            // A socket's file can't be opened; to write, so that a named pipe is not waited for.
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static InvalidOperationException Taken(string path) => new($"Something listens at unix://{path} already. Choose another path.");
}
