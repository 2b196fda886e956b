using System.IO.Pipelines;
using ChildProc.Stdio;

namespace ChildProc.Pumps;

/// <summary>Where the library copies a child's output to.</summary>
internal abstract class OutputTarget
{
    /// <summary>Makes one. What is the same on every system is made here; a file, a handle and what is inherited the engine opens.</summary>
    /// <param name="stdio">What the output is to go to.</param>
    /// <param name="info">The start info that it is of.</param>
    /// <param name="open">Makes the target of a <see cref="FileStdio"/>, <see cref="HandleStdio"/> or <see cref="InheritStdio"/>.</param>
    /// <exception cref="ChildProcessStartException">Something cannot be opened; nothing is left open.</exception>
    internal static OutputTarget Create(ChildStdio stdio, ChildProcessStartInfo info, Func<ChildStdio, OutputTarget> open) => stdio switch
    {
        StreamStdio stream => new StreamTarget(stream.Value),
        LinesStdio lines => new LineTarget(lines.OnLine, info.OutputEncoding, info.LineLimit),
        ChunksStdio chunks => new ChunkTarget(chunks.OnChunk),
        PipeStdio => new PipeTarget(),
        NullStdio => new StreamTarget(Stream.Null),
        TeeStdio tee => Tee(tee, info, open),
        _ => open(stdio),
    };

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

    private static TeeTarget Tee(TeeStdio tee, ChildProcessStartInfo info, Func<ChildStdio, OutputTarget> open)
    {
        List<OutputTarget> targets = [];
        try
        {
            foreach (ChildStdio target in tee.Targets)
            {
                targets.Add(Create(target, info, open));
            }

            return new TeeTarget([.. targets]);
        }
        catch
        {
            targets.ForEach(static target => target.Close());
            throw;
        }
    }
}
