using System.IO.Pipelines;

namespace ChildProc.Pumps;

/// <summary>The part of a tee that the caller reads. A reader that has had enough does not hold up the others.</summary>
internal sealed class PipeTarget : OutputTarget
{
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024, useSynchronizationContext: false));
    private bool _unread;

    internal override PipeReader Reader => _pipe.Reader;

    internal override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
        => _unread = _unread || (await _pipe.Writer.WriteAsync(bytes, stop).ConfigureAwait(false)).IsCompleted;

    internal override ValueTask CompleteAsync(CancellationToken stop) => _pipe.Writer.CompleteAsync();

    internal override void Close() => _pipe.Writer.Complete();
}
