using System.IO.Pipelines;

namespace ChildProc.Pumps;

/// <summary>Several targets, each of which gets everything.</summary>
internal sealed class TeeTarget(OutputTarget[] targets) : OutputTarget
{
    internal override PipeReader? Reader => Array.Find(targets, static target => target.Reader is not null)?.Reader;

    internal override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        foreach (OutputTarget target in targets)
        {
            await target.WriteAsync(bytes, stop).ConfigureAwait(false);
        }
    }

    internal override async ValueTask CompleteAsync(CancellationToken stop)
    {
        foreach (OutputTarget target in targets)
        {
            await target.CompleteAsync(stop).ConfigureAwait(false);
        }
    }

    internal override void Close() => Array.ForEach(targets, static target => target.Close());
}
