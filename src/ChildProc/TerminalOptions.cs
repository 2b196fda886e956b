namespace ChildProc;

/// <summary>How the pseudo-terminal of a child looks when the child begins: immutable, usable for any number of starts.</summary>
/// <remarks>Faults in the values are thrown as <see cref="ArgumentException"/> by the start, before any side effect.</remarks>
public sealed class TerminalOptions
{
    internal const int MaxSize = short.MaxValue; // what a Windows pseudo-console takes; ioctl_tty(2) would take twice that

    /// <summary>Characters in a line, from 1 to 32767; default 80.</summary>
    public int Columns { get; init; } = 80;

    /// <summary>Lines, from 1 to 32767; default 24.</summary>
    public int Rows { get; init; } = 24;

    /// <summary>What the terminal does with keys and output; default <see cref="TerminalMode.Cooked"/>. The child may change it.</summary>
    public TerminalMode Mode { get; init; }

    /// <summary>
    /// The kind of terminal that the child is told of in its variable TERM, such as <c>xterm-256color</c>. Null, the default,
    /// leaves TERM to <see cref="ChildProcessStartInfo.Environment"/> and the host: without one, full-screen programs refuse to
    /// run, and it should name the kind that reads the output in the end. See environ(7), term(7).
    /// </summary>
    public string? Type { get; init; }

    internal static TerminalOptions Default { get; } = new();
}
