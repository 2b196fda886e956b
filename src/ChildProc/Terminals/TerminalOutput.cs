using ChildProc.Interop;
using ChildProc.Pipes;

namespace ChildProc.Terminals;

/// <summary>The screen of a pseudo-terminal.</summary>
internal sealed class TerminalOutput(PseudoTerminal terminal, Descriptor master) : TerminalEnd(master, reads: true)
{
    // FIONREAD sees one of the kernel's two buffers only: 4 KiB in front of at most 64 KiB (tty_buffer_set_limit). So a cut
    // lets through as much as both can hold at most, and ends where nothing is there.
    private const int MoreThanItHolds = 128 * 1024;

    /// <summary>The other side, by which those are found who hold it.</summary>
    internal override string Link => terminal.OtherName;

    internal override int TryRead(Span<byte> buffer)
    {
        int count;
        try
        {
            count = base.TryRead(buffer);
        }
        catch (ObjectDisposedException) when (IsHungUp)
        {
            return 0;
        }

        if (count == PipeEnd.NotNow && IsCut)
        {
            Incomplete = true;
            return 0;
        }

        return count == -Libc.EIO ? 0 : count; // nobody has the terminal open any more, and all that was written has been read
    }

    /// <summary>Nobody looks at the screen any more: that is the hang-up of a line, as it is a broken pipe of a pipe.</summary>
    internal override void Close()
    {
        terminal.OnClosing();
        base.Close();
        terminal.Input.HangUp();
    }

    protected override int Held() => MoreThanItHolds;
}
