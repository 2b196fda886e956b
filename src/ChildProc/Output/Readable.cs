using System.IO.Pipelines;
using ChildProc.Stdio;

namespace ChildProc.Output;

/// <summary>The outputs of a child that whole runs read; null for the others.</summary>
internal static class Readable
{
    internal static PipeReader? Output(IChildProcess child, ChildProcessStartInfo info)
        => info.StandardOutput is TerminalStdio or { IsPipe: true } ? child.StandardOutput : null;

    /// <summary>A terminal has one screen, which is standard output wherever that is the terminal, too.</summary>
    internal static PipeReader? Error(IChildProcess child, ChildProcessStartInfo info)
        => info.StandardError is { IsPipe: true } || (info.StandardError is TerminalStdio && info.StandardOutput is not TerminalStdio)
            ? child.StandardError
            : null;
}
