using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Diagnostics;
using ChildProc.Interop;

namespace ChildProc.Engines.Direct;

/// <summary>What the kernel offers for pidfds, and since when.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe class PidFd
{
    internal const int Process = 0, Group = 4; // flags of pidfd_send_signal(2)

    private const string GroupSwitch = "ChildProc.Direct.NoGroupSignal";
    private static Support s_groups;

    private enum Support { Unknown, Yes, No }

    /// <summary>
    /// A group can be signalled through the pidfd of its leader, dead or alive (PIDFD_SIGNAL_PROCESS_GROUP, Linux 6.9). Else it
    /// has only its number, which is its own as long as the leader is not reaped.
    /// </summary>
    internal static bool SignalsGroups
    {
        get
        {
            if (s_groups == Support.Unknown)
            {
                s_groups = FindGroupSignals(); // twice at once finds the same
            }

            return s_groups == Support.Yes;
        }
    }

    /// <summary>Opens one that is not inherited. Null: errno says why.</summary>
    internal static Descriptor? Open(int pid)
    {
        int number = (int)Libc.syscall(Libc.SYS_pidfd_open, pid, 0);
        return number >= 0 ? new Descriptor(number) : null;
    }

    /// <summary>0 or errno.</summary>
    internal static int Signal(int pidFd, int signal, int flags)
        => Libc.syscall5(Libc.SYS_pidfd_send_signal, pidFd, signal, 0, flags, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>0 with the status of a child that has ended; <see cref="Libc.EAGAIN"/> while it has not; ECHILD when it is not ours to wait for, any more.</summary>
    internal static int Wait(int pidFd, bool keep, out ExitStatus status)
    {
        const int CldExited = 1, CldDumped = 3;
        int* information = stackalloc int[32]; // siginfo_t, 128 bytes: si_code is the third field, si_pid the fifth, si_status the seventh
        long* usage = stackalloc long[18]; // struct rusage: two times of two numbers, then the peak of memory in KiB
        information[4] = 0;
        int options = Libc.WEXITED | Libc.WNOHANG | (keep ? Libc.WNOWAIT : 0);
        status = default;
        while (Libc.syscall5(Libc.SYS_waitid, Libc.P_PIDFD, pidFd, (nint)information, options, (nint)usage) != 0)
        {
            if (Marshal.GetLastPInvokeError() is not Libc.EINTR and int error)
            {
                return error;
            }
        }

        if (information[4] == 0)
        {
            return Libc.EAGAIN;
        }

        ResourceUsage spent = new()
        {
            UserTime = TimeSpan.FromMicroseconds((usage[0] * 1_000_000.0) + usage[1]),
            SystemTime = TimeSpan.FromMicroseconds((usage[2] * 1_000_000.0) + usage[3]),
            PeakMemoryBytes = PeakOfItsOwn(usage[4]) * 1024,
        };
        status = information[2] == CldExited
            ? ExitStatus.FromCode(information[6], spent)
            : ExitStatus.FromSignal(ChildSignal.FromNumber(information[6]), information[2] == CldDumped, spent);
        return 0;
    }

    // A program that posix_spawn executes begins with the host's own peak, whose memory it had until then (exec_mmap in the
    // kernel's fs/exec.c): only what is above that is known to be its own.
    private static long PeakOfItsOwn(long peak)
    {
        const int Self = 0; // RUSAGE_SELF
        long* own = stackalloc long[18];
        return Libc.getrusage(Self, own) == 0 && peak > own[4] ? peak : 0;
    }

    /// <summary>
    /// The status of a process that somebody else has reaped (PIDFD_INFO_EXIT, Linux 6.15). <see cref="Libc.EAGAIN"/>: it is not
    /// stored yet, which takes until the pidfd reports EPOLLHUP. Another errno: this kernel does not tell.
    /// </summary>
    internal static int Recover(int pidFd, out ExitStatus status)
    {
        const ulong Exit = 8; // PIDFD_INFO_EXIT
        ulong* information = stackalloc ulong[8]; // struct pidfd_info: the mask first, the exit code in the last four bytes
        new Span<ulong>(information, 8).Clear();
        information[0] = Exit;
        status = default;
        if (Libc.ioctl(pidFd, Libc.PIDFD_GET_INFO, (int*)information) != 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        if ((information[0] & Exit) == 0)
        {
            return Libc.EAGAIN;
        }

        status = Status(((int*)information)[15]);
        return 0;
    }

    /// <summary>The status in the form of wait(2).</summary>
    internal static ExitStatus Status(int code) => (code & 0x7F) is not 0 and int signal
        ? ExitStatus.FromSignal(ChildSignal.FromNumber(signal), (code & 0x80) != 0)
        : ExitStatus.FromCode((code >> 8) & 0xFF);

    private static Support FindGroupSignals()
    {
        if (AppContext.TryGetSwitch(GroupSwitch, out bool off) && off)
        {
            return Support.No;
        }

        using Descriptor? self = Open(Environment.ProcessId);
        int error = self is null ? Marshal.GetLastPInvokeError() : Signal(self.Number, 0, Group);
        return Errno.MayPass(error) ? Support.Unknown : error is Libc.EINVAL or Libc.ENOSYS or Libc.EPERM ? Support.No : Support.Yes;
    }
}
