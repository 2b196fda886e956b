using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ChildProc.Terminals;

/// <summary>struct termios of glibc and musl on x64 and arm64, and what its flags mean. See termios(3).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Termios
{
    internal const int Interrupt = 0, EndOfFile = 4, Suspend = 10; // VINTR, VEOF, VSUSP
    private const int Time = 5, Least = 6; // VTIME, VMIN

    // asm-generic/termbits.h, which both architectures use.
    private const uint IGNBRK = 1, BRKINT = 2, PARMRK = 8, ISTRIP = 0x20, INLCR = 0x40, IGNCR = 0x80, ICRNL = 0x100, IXON = 0x400, IUTF8 = 0x4000;
    private const uint OPOST = 1, ONLCR = 4;
    private const uint CSIZE = 0x30, CS8 = 0x30, PARENB = 0x100;
    private const uint ISIG = 1, ICANON = 2, ECHO = 8, ECHOE = 0x10, ECHOK = 0x20, ECHONL = 0x40, ECHOCTL = 0x200, ECHOKE = 0x800, IEXTEN = 0x8000;

    internal uint Input, Output, Control, Local;
    internal byte Line;
    internal Characters Keys;
    internal uint InputSpeed, OutputSpeed;

    /// <summary>Room for a C library that knows more.</summary>
    private readonly ulong _spare, _spare2;

    internal readonly bool ByLine => (Local & ICANON) != 0;

    internal readonly bool MakesSignals => (Local & ISIG) != 0;

    internal TerminalMode Mode
    {
        readonly get => !ByLine ? TerminalMode.Raw : (Local & ECHO) != 0 ? TerminalMode.Cooked : TerminalMode.CookedWithoutEcho;
        set
        {
            if (value == TerminalMode.Raw)
            {
                MakeRaw();
            }
            else
            {
                MakeCooked();
                Local = value == TerminalMode.Cooked ? Local | ECHO : Local & ~ECHO;
            }
        }
    }

    // cfmakeraw(3)
    private void MakeRaw()
    {
        Input &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
        Output &= ~OPOST;
        Local &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
        Control = (Control & ~(CSIZE | PARENB)) | CS8;
        Keys[Least] = 1;
        Keys[Time] = 0;
    }

    // As the kernel makes a new one, and with IUTF8, so that a rubout takes a character and not a byte.
    private void MakeCooked()
    {
        Input = (Input & ~(IGNBRK | PARMRK | ISTRIP | INLCR | IGNCR)) | ICRNL | IXON | IUTF8;
        Output |= OPOST | ONLCR;
        Local = (Local & ~ECHONL) | ISIG | ICANON | IEXTEN | ECHOE | ECHOK | ECHOCTL | ECHOKE;
    }

    [InlineArray(32)]
    internal struct Characters
    {
        private byte _first;
    }
}
