using System.Text;
using ChildProc.Output;

namespace ChildProc.Pumps;

/// <summary>A callback for each line.</summary>
internal sealed class LineTarget(Func<string, ValueTask> onLine, Encoding encoding, int limit) : OutputTarget
{
    private readonly LineSplitter _splitter = new(encoding, limit);

    internal override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        _splitter.Feed(bytes);
        while (_splitter.TryNext(out string line, out _))
        {
            await onLine(line).ConfigureAwait(false);
        }
    }

    internal override async ValueTask CompleteAsync(CancellationToken stop)
    {
        while (_splitter.Finish(out string line, out _))
        {
            await onLine(line).ConfigureAwait(false);
        }
    }
}
