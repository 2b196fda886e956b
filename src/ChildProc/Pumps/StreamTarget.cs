namespace ChildProc.Pumps;

/// <summary>A stream of the caller's, who disposes it.</summary>
internal sealed class StreamTarget(Stream stream) : OutputTarget
{
    internal override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop) => stream.WriteAsync(bytes, stop);

    internal override async ValueTask CompleteAsync(CancellationToken stop) => await stream.FlushAsync(stop).ConfigureAwait(false);
}
