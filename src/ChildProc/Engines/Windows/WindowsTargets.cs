using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;
using ChildProc.Pumps;
using ChildProc.Stdio;

namespace ChildProc.Engines.Windows;

/// <summary>Makes the target of an output that the library copies, and opens what it needs before the child is started.</summary>
[SupportedOSPlatform("windows")]
internal static class WindowsTargets
{
    /// <exception cref="ChildProcessStartException">Something cannot be opened; nothing is left open.</exception>
    internal static OutputTarget Create(ChildStdio stdio, int number, ChildProcessStartInfo info)
    {
        switch (stdio)
        {
            case StreamStdio stream:
                return new StreamTarget(stream.Value);
            case LinesStdio lines:
                return new LineTarget(lines.OnLine, info.OutputEncoding, info.LineLimit);
            case ChunksStdio chunks:
                return new ChunkTarget(chunks.OnChunk);
            case PipeStdio:
                return new PipeTarget();
            case NullStdio:
                return new StreamTarget(Stream.Null);
            case FileStdio file:
                return new HandleTarget(WindowsFile.Open(file, number, info));
            case HandleStdio handle:
                return Copy(handle.SafeHandle, info);
            case InheritStdio:
                using (SafeHandle? standard = StandardHandle.Of(number))
                {
                    return standard is null ? new StreamTarget(Stream.Null) : Copy(standard, info);
                }

            default:
                return Tee((TeeStdio)stdio, number, info);
        }
    }

    private static TeeTarget Tee(TeeStdio tee, int number, ChildProcessStartInfo info)
    {
        List<OutputTarget> targets = [];
        try
        {
            foreach (ChildStdio target in tee.Targets)
            {
                targets.Add(Create(target, number, info));
            }

            return new TeeTarget([.. targets]);
        }
        catch
        {
            targets.ForEach(static target => target.Close());
            throw;
        }
    }

    private static HandleTarget Copy(SafeHandle handle, ChildProcessStartInfo info)
        => KernelHandle.Copy(handle) is { } copy
            ? new HandleTarget(copy)
            : throw ChildProcessStartException.Create(StartStage.StandardStreams, Marshal.GetLastPInvokeError(), info);
}
