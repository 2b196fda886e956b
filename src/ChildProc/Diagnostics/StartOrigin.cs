using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace ChildProc.Diagnostics;

/// <summary>Who started a child: noted on the caller's thread, before the first await.</summary>
internal sealed record StartOrigin(StackTrace? Stack, object? Tag)
{
    /// <summary>Null, and nothing allocated, unless stacks or tags are asked for.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static StartOrigin? Capture()
    {
        object? tag = ChildProcessDiagnostics.StartTag;
        bool stacks = ChildProcessDiagnostics.TrackStacks;
        return stacks || tag is not null
            ? new StartOrigin(stacks ? new StackTrace(skipFrames: 1, fNeedFileInfo: true) : null, tag)
            : null;
    }
}
