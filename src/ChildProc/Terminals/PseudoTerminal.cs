using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Terminals;

/// <summary>The host's side of a pseudo-terminal, its master: two ends for the reactor, and what can be asked of it.</summary>
/// <remarks>
/// The two ends are two descriptors of one open file, for the reactor arms each by itself. The terminal hangs up when both are
/// closed, and they only close together. On Linux the master speaks for the modes and the size of the other side (pty(7)).
/// </remarks>
internal sealed unsafe class PseudoTerminal : HostTerminal
{
    private const int Sigint = 2, Sigtstp = 20;
    private readonly Descriptor _master;
    private TerminalSize _lastSize;
    private Termios _lastModes;

    private PseudoTerminal(Descriptor master, Descriptor copy)
    {
        _master = master;
        Output = new TerminalOutput(this, master);
        Input = new TerminalInput(this, copy);
    }

    internal override TerminalInput Input { get; }

    internal override TerminalOutput Output { get; }

    internal override TerminalSize Size => TryGetSize(out TerminalSize size) ? size : _lastSize;

    internal override TerminalMode Mode => Modes.Mode;

    /// <summary>The modes; after the end of the terminal the last ones.</summary>
    internal Termios Modes => TryGetModes(out Termios modes) ? modes : _lastModes;

    /// <summary>"/dev/pts/N"; empty when the terminal is gone.</summary>
    internal string OtherName
    {
        get
        {
            int number = 0;
            try
            {
                using HandleUse use = new(_master);
                return Libc.ioctl(use.Number, Libc.TIOCGPTN, &number) == 0 ? Name(number) : "";
            }
            catch (ObjectDisposedException)
            {
                return "";
            }
        }
    }

    /// <summary>Opens both sides; the child's gets its first size and modes. Null, and errno.</summary>
    [SupportedOSPlatform("linux")]
    internal static PseudoTerminal? Open(TerminalOptions options, out Descriptor? other, out int error)
    {
        other = null;
        int master = Libc.open("/dev/ptmx", Libc.O_RDWR | Libc.O_NOCTTY | Libc.O_CLOEXEC | Libc.O_NONBLOCK, 0);
        if (master < 0)
        {
            error = Marshal.GetLastPInvokeError();
            return null;
        }

        int copy = Libc.fcntl(master, Libc.F_DUPFD_CLOEXEC, 3);
        error = copy < 0 ? Marshal.GetLastPInvokeError() : 0;
        PseudoTerminal terminal = new(new Descriptor(master), new Descriptor(copy));
        int theirs = error == 0 ? OpenOther(master) : -1;
        if (theirs < 0)
        {
            error = error == 0 ? Marshal.GetLastPInvokeError() : error;
            terminal.Close();
            return null;
        }

        other = new Descriptor(theirs);
        terminal.Resize(options.Columns, options.Rows);
        terminal.SetMode(options.Mode);
        return terminal;
    }

    internal override bool Resize(int columns, int rows)
    {
        WindowSize size = new() { Rows = (ushort)rows, Columns = (ushort)columns };
        try
        {
            using HandleUse use = new(_master);
            return Libc.ioctl(use.Number, Libc.TIOCSWINSZ, (int*)&size) == 0;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    internal override bool SetMode(TerminalMode mode)
    {
        if (!TryGetModes(out Termios modes))
        {
            return false;
        }

        modes.Mode = mode;
        try
        {
            using HandleUse use = new(_master);
            return Libc.tcsetattr(use.Number, Libc.TCSANOW, (byte*)&modes) == 0;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    internal override bool Interrupt() => Type(Termios.Interrupt, Sigint);

    internal override bool Suspend() => Type(Termios.Suspend, Sigtstp);

    internal override bool EndOfInput() => Type(Termios.EndOfFile, 0);

    /// <param name="key">Which of the terminal's special characters.</param>
    /// <param name="signal">The signal that it makes, or 0.</param>
    private bool Type(int key, int signal)
    {
        Termios modes = Modes;
        byte character = modes.Keys[key];
        if (character == 0) // _POSIX_VDISABLE
        {
            return false;
        }

        try
        {
            // Behind keys that wait for room this one would wait, too, and nobody may ever read them. The kernel takes it all the same
            // when there is room for one by chance, on its way to a buffer that stays full.
            using HandleUse use = new(_master);
            bool makesSignal = modes.MakesSignals && signal != 0, waits = Input.IsHeldUp && makesSignal;
            if (!waits && Libc.write(use.Number, &character, 1) == 1)
            {
                Input.OnLineEnded();
                return true;
            }

            // The signal needs no room (TIOCSIG, Linux 2.6.36).
            return (waits || (Marshal.GetLastPInvokeError() == Libc.EAGAIN && makesSignal)) && Libc.ioctl(use.Number, Libc.TIOCSIG, (int*)signal) == 0;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    internal override void HangUp()
    {
        Output.HangUp();
        Input.HangUp();
    }

    internal override void Close()
    {
        Output.Close();
        Input.Close();
    }

    /// <summary>The last moment to see how it looks.</summary>
    internal void OnClosing()
    {
        if (TryGetSize(out TerminalSize size) && TryGetModes(out Termios modes))
        {
            (_lastSize, _lastModes) = (size, modes);
        }
    }

    private bool TryGetSize(out TerminalSize size)
    {
        WindowSize window = default;
        bool known = false;
        try
        {
            using HandleUse use = new(_master);
            known = Libc.ioctl(use.Number, Libc.TIOCGWINSZ, (int*)&window) == 0;
        }
        catch (ObjectDisposedException)
        {
            // it is gone
        }

        size = new TerminalSize(window.Columns, window.Rows);
        return known;
    }

    private bool TryGetModes(out Termios modes)
    {
        modes = default;
        try
        {
            using HandleUse use = new(_master);
            fixed (Termios* at = &modes)
            {
                return Libc.tcgetattr(use.Number, (byte*)at) == 0;
            }
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    private static int OpenOther(int master)
    {
        const int Flags = Libc.O_RDWR | Libc.O_NOCTTY | Libc.O_CLOEXEC;
        int locked = 0, number = 0;
        if (Libc.ioctl(master, Libc.TIOCSPTLCK, &locked) != 0)
        {
            return -1;
        }

        // By the master itself, whatever is mounted at /dev/pts here. Before Linux 4.13 by name.
        int other = Libc.ioctl(master, Libc.TIOCGPTPEER, (int*)Flags);
        return other >= 0 || Libc.ioctl(master, Libc.TIOCGPTN, &number) != 0
            ? other
            : Libc.open(Name(number), Flags, 0);
    }

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"/dev/pts/{number}");

    [StructLayout(LayoutKind.Sequential)]
    private struct WindowSize
    {
        internal ushort Rows, Columns, XPixels, YPixels;
    }
}
