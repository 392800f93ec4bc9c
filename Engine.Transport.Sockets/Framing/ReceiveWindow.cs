namespace Engine.Transport.Sockets.Framing;

/// <summary>
/// What the other side may send on the data lane, seen from the receiving end. Bytes that came are outstanding until they
/// are handed back. A side may begin a frame while anything is left, so it may be exceeded by the last frame.
/// </summary>
/// <remarks>Bytes are taken by the reader and handed back by anybody, hence interlocked.</remarks>
internal sealed class ReceiveWindow(int bytes)
{
    private long _outstanding;
    private long _owed;

    /// <summary>Counts bytes that came.</summary>
    public void Take(int count, bool isFirstOfFrame)
    {
        if (isFirstOfFrame && Interlocked.Read(ref _outstanding) is var outstanding && outstanding >= bytes)
        {
            throw new ProtocolViolationException($"A frame of the data lane came when {outstanding} bytes were under way; {bytes} are allowed.");
        }

        Interlocked.Add(ref _outstanding, count);
    }

    /// <summary>Counts bytes that were dealt with.</summary>
    /// <returns>Whether so many have come together that they should be handed back.</returns>
    public bool Owe(int count) => Interlocked.Add(ref _owed, count) >= Math.Max(1, bytes / 4);

    /// <summary>Hands back what was dealt with.</summary>
    /// <returns>The bytes; the other side has to be told.</returns>
    public long HandBack()
    {
        var count = Interlocked.Exchange(ref _owed, 0);
        Interlocked.Add(ref _outstanding, -count);
        return count;
    }
}
