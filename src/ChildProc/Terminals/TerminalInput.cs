using ChildProc.Interop;
using ChildProc.Pipes;

namespace ChildProc.Terminals;

/// <summary>The keyboard of a pseudo-terminal.</summary>
internal sealed class TerminalInput(PseudoTerminal terminal, Descriptor master) : TerminalEnd(master, reads: false)
{
    private volatile bool _isWithinLine, _isHeldUp;

    /// <summary>Keys that were typed earlier wait for room.</summary>
    internal bool IsHeldUp => _isHeldUp;

    /// <summary>A key was typed after which the line begins anew: what it held is handed over, or thrown away.</summary>
    internal void OnLineEnded() => _isWithinLine = false;

    internal override int TryWrite(ReadOnlySpan<byte> buffer)
    {
        // The kernel takes keys also when nobody has the terminal open any more, until its buffer is full.
        if (!HasPeer())
        {
            return PipeEnd.Broken;
        }

        int count = base.TryWrite(buffer);
        _isHeldUp = count != buffer.Length;
        if (count > 0)
        {
            _isWithinLine = buffer[count - 1] is not ((byte)'\n' or (byte)'\r');
        }

        return count;
    }

    /// <summary>A terminal stays open when its user has no more to say: the end of input is typed.</summary>
    internal override void EndInput() => _ = TypeEndAsync();

    private async Task TypeEndAsync()
    {
        try
        {
            Termios modes = terminal.Modes;
            byte end = modes.Keys[Termios.EndOfFile];
            if (end == 0 || (!modes.ByLine && !modes.MakesSignals))
            {
                return; // raw: it would be a byte like any other. A line editor lets the terminal make signals and knows this key
            }

            // Within a line the first one hands over what was typed, and only the second is the end (termios(3)).
            int left = modes.ByLine && _isWithinLine ? 2 : 1;
            while (left > 0)
            {
                int count = TryWrite([end]);
                if (count > 0)
                {
                    left--;
                }
                else if (count == PipeEnd.NotNow)
                {
                    await WaitAsync(CancellationToken.None).ConfigureAwait(false);
                }
                else
                {
                    return;
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // the terminal is gone: its readers see their end all the same
        }
    }
}
