using System.IO.Pipelines;
using ChildProc.Pipes;

namespace ChildProc.Terminals;

/// <summary>The caller's object over a pseudo-terminal. It holds the child: whoever uses its terminal has not forgotten it.</summary>
internal sealed class ChildTerminal(PseudoTerminal terminal, object owner) : IChildTerminal
{
    private const int Sigint = 2, Sigtstp = 20;
    private const int ReadSize = 4 * 1024; // the kernel gives no more at once

    public PipeWriter Input { get; } = new InputWriter(terminal.Input, owner);

    public PipeReader Output { get; } = PipeReader.Create(
        new OutputStream(terminal.Output, owner), new StreamPipeReaderOptions(bufferSize: ReadSize, useZeroByteReads: true));

    public TerminalSize Size => terminal.Size;

    public TerminalMode Mode => terminal.Modes.Mode;

    public bool Resize(int columns, int rows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(columns, TerminalOptions.MaxSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, TerminalOptions.MaxSize);
        return terminal.Resize(columns, rows);
    }

    public bool SetMode(TerminalMode mode)
    {
        if (mode is < TerminalMode.Cooked or > TerminalMode.Raw)
        {
            throw new ArgumentOutOfRangeException(nameof(mode), mode, "Not a terminal mode.");
        }

        return terminal.SetMode(mode);
    }

    public bool Interrupt() => terminal.Type(Termios.Interrupt, Sigint);

    public bool Suspend() => terminal.Type(Termios.Suspend, Sigtstp);

    public bool EndOfInput() => terminal.Type(Termios.EndOfFile, 0);

    public void HangUp() => terminal.HangUp();
}
