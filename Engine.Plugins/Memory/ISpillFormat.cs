namespace Engine.Plugins;

/// <summary>How values of types of yours are written to files, for a store that knows only plain ones.</summary>
/// <remarks>dask: <c>dask_serialize.register</c>. A worker's store calls it from one thread at a time, but not always the same.</remarks>
public interface ISpillFormat
{
    /// <summary>Whether it can write a value so that it comes back the same.</summary>
    /// <param name="value">The value.</param>
    /// <returns>Whether it can.</returns>
    bool CanWrite(object value);

    /// <summary>Writes a value.</summary>
    /// <param name="value">The value, which <see cref="CanWrite"/> has admitted.</param>
    /// <param name="stream">Where to; it is closed by the store.</param>
    void Write(object value, Stream stream);

    /// <summary>Reads a value.</summary>
    /// <param name="stream">What <see cref="Write"/> wrote, and then its end.</param>
    /// <returns>The value.</returns>
    object Read(Stream stream);
}
