namespace ChildProc.Pumps;

/// <summary>A stream: the caller's, or over a file that the library opened and closes.</summary>
internal sealed class StreamTarget(Stream stream, bool owned) : OutputTarget
{
    internal override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop) => stream.WriteAsync(bytes, stop);

    internal override async ValueTask CompleteAsync(CancellationToken stop) => await stream.FlushAsync(stop).ConfigureAwait(false);

    internal override void Close()
    {
        if (owned)
        {
            stream.Dispose();
        }
    }
}
