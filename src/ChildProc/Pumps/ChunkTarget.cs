namespace ChildProc.Pumps;

/// <summary>A callback for each piece as it was read.</summary>
internal sealed class ChunkTarget(Func<ReadOnlyMemory<byte>, ValueTask> onChunk) : OutputTarget
{
    internal override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop) => onChunk(bytes);
}
