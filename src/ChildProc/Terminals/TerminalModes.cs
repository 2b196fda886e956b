using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Terminals;

/// <summary>The modes of the terminal that a child shares with the host, as they were before the child began.</summary>
/// <remarks>
/// A child that dies by a signal in raw mode would leave a terminal behind that echoes nothing. The rule is the shell's:
/// one that exits by itself may have meant what it set (stty(1)), so its modes stay.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed unsafe class TerminalModes
{
    private const int Size = 128; // struct termios: 60 bytes in glibc and musl
    private readonly int _terminal;
    private readonly byte[] _modes;

    private TerminalModes(int terminal, byte[] modes)
    {
        _terminal = terminal;
        _modes = modes;
    }

    /// <summary>The modes of the terminal behind a standard stream of the host; null when it is none.</summary>
    internal static TerminalModes? Of(int stream)
    {
        byte* modes = stackalloc byte[Size];
        Span<byte> all = new(modes, Size);
        all.Clear();
        return Libc.tcgetattr(stream, modes) == 0 ? new TerminalModes(stream, all.ToArray()) : null;
    }

    /// <summary>Sets them again if they differ, unless the host is in the background: there it would be stopped for it (SIGTTOU).</summary>
    internal void Restore()
    {
        byte* modes = stackalloc byte[Size];
        Span<byte> all = new(modes, Size);
        all.Clear();
        if (Libc.tcgetattr(_terminal, modes) != 0 || all.SequenceEqual(_modes) || Libc.tcgetpgrp(_terminal) != Libc.getpgrp())
        {
            return;
        }

        fixed (byte* before = _modes)
        {
            _ = Libc.tcsetattr(_terminal, Libc.TCSANOW, before); // a terminal that is gone needs no modes
        }
    }
}
