using System.IO.Pipelines;

namespace ChildProc.Pumps;

/// <summary>Where the library copies a child's output to.</summary>
internal abstract class OutputTarget
{
    /// <summary>Takes all of the bytes, which are its own only until it has; slowly, if it likes.</summary>
    internal abstract ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop);

    /// <summary>There is no more: the output has ended, or was given up.</summary>
    internal virtual ValueTask CompleteAsync(CancellationToken stop) => ValueTask.CompletedTask;

    /// <summary>Frees what the library opened for it, whether the child was ever started or not.</summary>
    internal virtual void Close()
    {
    }

    /// <summary>The end that the caller reads, where there is one.</summary>
    internal virtual PipeReader? Reader => null;
}
