using System.IO.Pipelines;

namespace ChildProc;

/// <summary>The pseudo-terminal of a child, from the side of the keyboard and the screen. See pty(7).</summary>
/// <remarks>
/// It is closed, with a hang-up for those who still use it, when the child is disposed. After that and after
/// <see cref="HangUp"/> facts stay, and requests answer false. All members may be called from any thread at any time;
/// input has one writer and output one reader at a time.
/// </remarks>
public interface IChildTerminal
{
    /// <summary>
    /// The keyboard; the same as <see cref="IChildProcess.StandardInput"/> where that is the terminal. Completing it types the
    /// end of input, and closes nothing; in raw mode, where no key means that, it types nothing. In line mode one line may have
    /// 4095 bytes, and the terminal drops what is more (termios(3)). When the terminal is gone, flushes complete with
    /// <c>IsCompleted</c> and nothing throws.
    /// </summary>
    PipeWriter Input { get; }

    /// <summary>
    /// The screen: what the child and its descendants write to the terminal, and the echo. The same as the
    /// <see cref="IChildProcess.StandardOutput"/> that is the terminal. It ends when nobody has the terminal open any more, at
    /// the latest <see cref="ChildProcessStartInfo.DrainTimeout"/> after the child's exit, and with <see cref="HangUp"/>.
    /// Completing it hangs up.
    /// </summary>
    PipeReader Output { get; }

    /// <summary>The size now: as last set by <see cref="Resize"/> or by a program in the terminal.</summary>
    TerminalSize Size { get; }

    /// <summary>
    /// What the terminal does now; a program in it may change that at any time. <see cref="TerminalMode.Raw"/> says that programs
    /// read key by key, as line editors do; <see cref="TerminalMode.CookedWithoutEcho"/> that a password is asked for.
    /// </summary>
    TerminalMode Mode { get; }

    /// <summary>Changes the size. The foreground process group gets SIGWINCH if it is another one than before. See ioctl_tty(2), TIOCSWINSZ.</summary>
    /// <param name="columns">Characters in a line, from 1 to 32767.</param>
    /// <param name="rows">Lines, from 1 to 32767.</param>
    /// <returns>False when the terminal is gone.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    bool Resize(int columns, int rows);

    /// <summary>Changes what the terminal does, at once; what was typed already stays typed. See tcsetattr(3), TCSANOW.</summary>
    /// <param name="mode">The mode.</param>
    /// <returns>False when the terminal is gone.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The mode is undefined.</exception>
    bool SetMode(TerminalMode mode);

    /// <summary>
    /// Types Ctrl-C (the character VINTR): SIGINT for the foreground process group, or a key for a program in raw mode. It waits
    /// its turn behind what was typed before and not yet read. See termios(3).
    /// </summary>
    /// <returns>False when the terminal is gone, takes no more keys, or has no such key.</returns>
    bool Interrupt();

    /// <summary>Types Ctrl-Z (the character VSUSP): SIGTSTP for the foreground process group. Otherwise as <see cref="Interrupt"/>.</summary>
    /// <returns>False when the terminal is gone, takes no more keys, or has no such key.</returns>
    bool Suspend();

    /// <summary>
    /// Types Ctrl-D (the character VEOF): at the start of a line the reader sees end of file, once; within a line it gets what
    /// was typed so far. Unlike the end of a pipe it does not last.
    /// </summary>
    /// <returns>False when the terminal is gone, takes no more keys, or has no such key.</returns>
    bool EndOfInput();

    /// <summary>
    /// Closes the terminal: SIGHUP for the child and the foreground process group, end of file for whoever reads, errors for
    /// whoever writes (pty(7), setsid(2)). What was not yet read from <see cref="Output"/> is lost. Nothing happens when the
    /// terminal is gone.
    /// </summary>
    void HangUp();
}
