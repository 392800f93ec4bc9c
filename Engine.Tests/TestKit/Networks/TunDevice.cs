using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace Engine.Tests.TestKit.Networks;

/// <summary>
/// A network device of Linux whose other end is this process: what the kernel sends there is read here, and what is written here it
/// receives. It stays attached when it is moved into another namespace, and is gone with its last handle.
/// </summary>
internal sealed class TunDevice : IDisposable
{
    private const int ReadWriteCloseOnExec = 0x8_0002; // Otherwise a process that is started would keep the device.
    private const ulong SetInterface = 0x4004_54ca;
    private const short TunWithoutHeader = 0x1001;
    private const int NameBytes = 16;
    private const int RequestBytes = 40;
    private const short Readable = 1;

    private readonly int _handle;

    /// <param name="name">Its name, at most 15 characters.</param>
    public TunDevice(string name)
    {
        _handle = Check(Open("/dev/net/tun", ReadWriteCloseOnExec), "open /dev/net/tun");
        var request = new byte[RequestBytes];
        Encoding.ASCII.GetBytes(name, request);
        MemoryMarshal.Write(request.AsSpan(NameBytes), TunWithoutHeader);
        try
        {
            Check(Control(_handle, SetInterface, request), $"make the device {name}");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Waits for a packet.</summary>
    /// <returns>Its bytes; 0 if none has come in time.</returns>
    public int Read(byte[] packet, TimeSpan atMost)
    {
        var wanted = new PollRequest { Handle = _handle, Events = Readable };
        return Poll(ref wanted, 1, (int)atMost.TotalMilliseconds) > 0 ? (int)Math.Max(0, ReadHandle(_handle, packet, packet.Length)) : 0;
    }

    /// <summary>Gives the kernel a packet. If it has no use for it, as while the device is down, it is lost.</summary>
    public void Write(byte[] packet) => _ = WriteHandle(_handle, packet, packet.Length);

    public void Dispose() => _ = Close(_handle);

    private static int Check(int result, string what) =>
        result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError(), $"Could not {what}: {Marshal.GetLastPInvokeErrorMessage()}.");

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int handle);

    [DllImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static extern int Control(int handle, ulong request, byte[] argument);

    [DllImport("libc", EntryPoint = "poll")]
    private static extern int Poll(ref PollRequest request, ulong count, int milliseconds);

    [DllImport("libc", EntryPoint = "read")]
    private static extern nint ReadHandle(int handle, [Out] byte[] bytes, nint count);

    [DllImport("libc", EntryPoint = "write")]
    private static extern nint WriteHandle(int handle, byte[] bytes, nint count);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollRequest
    {
        public int Handle;
        public short Events;
        public short Returned;
    }
}
