using ChildProc.Pipes;

namespace ChildProc.Terminals;

/// <summary>The host's side of a child's own terminal, whatever the system makes it of. See <see cref="IChildTerminal"/>.</summary>
internal abstract class HostTerminal
{
    internal abstract PipeEnd Input { get; }

    internal abstract PipeEnd Output { get; }

    /// <summary>The size; after the end of the terminal the last one.</summary>
    internal abstract TerminalSize Size { get; }

    /// <summary>The mode; after the end of the terminal the last one.</summary>
    internal abstract TerminalMode Mode { get; }

    internal abstract bool Resize(int columns, int rows);

    internal abstract bool SetMode(TerminalMode mode);

    internal abstract bool Interrupt();

    internal abstract bool Suspend();

    internal abstract bool EndOfInput();

    internal abstract void HangUp();

    internal abstract void Close();
}
