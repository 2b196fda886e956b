namespace ChildProc.Stdio;

/// <summary><see cref="ChildStdio.Chunks(Func{ReadOnlyMemory{byte}, ValueTask})"/>.</summary>
internal sealed class ChunksStdio(Func<ReadOnlyMemory<byte>, ValueTask> onChunk) : ChildStdio
{
    public Func<ReadOnlyMemory<byte>, ValueTask> OnChunk { get; } = onChunk;

    public override string ToString() => "Chunks";
}
