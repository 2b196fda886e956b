using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Terminals;

/// <summary>The terminal that a child shares with the host, as it was before the child began: its modes, and whose foreground it was.</summary>
/// <remarks>
/// The rules are the shell's. A child that dies by a signal in raw mode would leave a terminal behind that echoes nothing; one
/// that exits by itself may have meant what it set (stty(1)), so its modes stay. An interactive shell makes itself the
/// foreground and gives that back at its end; when it is killed, a host in the background would stop at its next read.
/// </remarks>
[SupportedOSPlatform("linux")]
internal sealed unsafe class TerminalModes
{
    private const int Size = 128; // struct termios: 60 bytes in glibc and musl
    private readonly int _terminal;
    private readonly byte[] _modes;
    private readonly bool _wasForeground;
    private bool _owesModes;

    private TerminalModes(int terminal, byte[] modes)
    {
        _terminal = terminal;
        _modes = modes;
        _wasForeground = Libc.tcgetpgrp(terminal) == Libc.getpgrp();
    }

    /// <summary>The terminal behind a standard stream of the host; null when it is none.</summary>
    internal static TerminalModes? Of(int stream)
    {
        byte* modes = stackalloc byte[Size];
        Span<byte> all = new(modes, Size);
        all.Clear();
        return Libc.tcgetattr(stream, modes) == 0 ? new TerminalModes(stream, all.ToArray()) : null;
    }

    /// <summary>The child is gone, or the last of its tree: puts right what can be put right now.</summary>
    internal void Restore(int child, bool died)
    {
        _owesModes |= died;
        if (IsForeground(child) && _owesModes)
        {
            _owesModes = false;
            RestoreModes();
        }
    }

    // In the background it would be stopped for it (SIGTTOU).
    private bool IsForeground(int child)
    {
        int foreground = Libc.tcgetpgrp(_terminal), own = Libc.getpgrp();
        if (foreground == own)
        {
            return true;
        }

        // Somebody else's that lives: the shell that put the host in the background, or a job of the child's, whose turn is over
        // when the tree is empty.
        return _wasForeground && foreground > 0 && (foreground == child || IsGone(foreground)) && TakeForeground(own);
    }

    private static bool IsGone(int group) => Libc.kill(-group, 0) != 0 && Marshal.GetLastPInvokeError() == Libc.ESRCH;

    private bool TakeForeground(int group)
    {
        const int Room = 16; // sigset_t: 128 bytes in glibc and musl
        ulong* blocked = stackalloc ulong[Room], before = stackalloc ulong[Room];
        new Span<ulong>(blocked, Room).Clear();
        blocked[0] = 1ul << (Libc.SIGTTOU - 1); // else tcsetpgrp(3) from the background stops the host, trap of every shell
        _ = Libc.pthread_sigmask(Libc.SIG_BLOCK, blocked, before);
        bool taken = Libc.tcsetpgrp(_terminal, group) == 0;
        _ = Libc.pthread_sigmask(Libc.SIG_SETMASK, before, null);
        return taken;
    }

    private void RestoreModes()
    {
        byte* modes = stackalloc byte[Size];
        Span<byte> all = new(modes, Size);
        all.Clear();
        if (Libc.tcgetattr(_terminal, modes) != 0 || all.SequenceEqual(_modes))
        {
            return;
        }

        fixed (byte* before = _modes)
        {
            _ = Libc.tcsetattr(_terminal, Libc.TCSANOW, before); // a terminal that is gone needs no modes
        }
    }
}
