using System.IO.Pipelines;
using ChildProc.Pipes;

namespace ChildProc.Terminals;

/// <summary>The caller's object over a terminal. It holds the child: whoever uses its terminal has not forgotten it.</summary>
internal sealed class ChildTerminal(HostTerminal terminal, object owner) : IChildTerminal
{
    private const int ReadSize = 4 * 1024; // the kernel gives no more at once

    public PipeWriter Input { get; } = new InputWriter(terminal.Input, owner);

    public PipeReader Output { get; } = PipeReader.Create(
        new OutputStream(terminal.Output, owner), new StreamPipeReaderOptions(bufferSize: ReadSize, useZeroByteReads: true));

    public TerminalSize Size => terminal.Size;

    public TerminalMode Mode => terminal.Mode;

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

    public bool Interrupt() => terminal.Interrupt();

    public bool Suspend() => terminal.Suspend();

    public bool EndOfInput() => terminal.EndOfInput();

    public void HangUp() => terminal.HangUp();
}
