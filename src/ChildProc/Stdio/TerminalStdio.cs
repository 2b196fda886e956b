namespace ChildProc.Stdio;

/// <summary><see cref="ChildStdio.Terminal"/>.</summary>
internal sealed class TerminalStdio : ChildStdio
{
    /// <summary>Whether the child gets a pseudo-terminal: one stream that asks for it is enough.</summary>
    internal static bool IsIn(ChildProcessStartInfo info)
        => info.StandardInput is TerminalStdio || info.StandardOutput is TerminalStdio || info.StandardError is TerminalStdio;

    /// <summary>What a stream of the start info is connected to: one that is left open beside a terminal is the terminal, too.</summary>
    internal static ChildStdio? Resolve(ChildProcessStartInfo info, ChildStdio? stream) => stream ?? (IsIn(info) ? Terminal : null);

    public override string ToString() => "Terminal";
}
