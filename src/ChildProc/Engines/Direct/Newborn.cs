using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Direct;

/// <summary>A process that posix_spawn has just made: the host has its number, and nothing yet that holds it.</summary>
/// <remarks>
/// Its pidfd is opened when it is born already, which can fail. So the place in the table of descriptors is taken before
/// (trap 15): what fails for want of it, or because pidfds are refused, fails while there is no process. Where another thread
/// takes the place in between, or memory is short, the process is ended by its number. That is its own, and its group's, as long as
/// it is not reaped; and one that somebody else has reaped is no child of the host's any more, and left alone.
/// </remarks>
[SupportedOSPlatform("linux")]
internal static unsafe class Newborn
{
    private const int EndMilliseconds = 10_000, LongestPauseMilliseconds = 50;

    /// <summary>Takes the place of its pidfd, to be given to <see cref="Hold"/> or closed. Below 0: <paramref name="error"/> says why there is none.</summary>
    internal static int Expect(out int error)
    {
        int place = (int)Libc.syscall(Libc.SYS_pidfd_open, Environment.ProcessId, 0);
        error = place < 0 ? Marshal.GetLastPInvokeError() : 0;
        return place;
    }

    /// <summary>Its pidfd. Null: it is ended and reaped, and <paramref name="error"/> says why.</summary>
    internal static Descriptor? Hold(int pid, int place, bool leadsGroup, out int error)
    {
        _ = Libc.close(place);
        Descriptor? pidFd = PidFd.Open(pid);
        error = pidFd is null ? Marshal.GetLastPInvokeError() : 0;
        if (pidFd is null && !TryReap(pid, null, keep: true, out _))
        {
            _ = Libc.kill(leadsGroup ? -pid : pid, Libc.SIGKILL);
            Bury(pid, null, EndMilliseconds);
        }

        return pidFd;
    }

    /// <summary>
    /// Waits for one that ends by itself, kills it when the time is over, and reaps it. Its exit code; null when it was killed, or
    /// somebody else has reaped it.
    /// </summary>
    internal static int? Bury(int pid, Descriptor? pidFd, int patienceMilliseconds)
    {
        long deadline = Environment.TickCount64 + patienceMilliseconds;
        bool killed = false;
        int? code;
        for (int pause = 1; !TryReap(pid, pidFd, keep: false, out code); pause = Math.Min(pause * 2, LongestPauseMilliseconds))
        {
            if (Environment.TickCount64 >= deadline)
            {
                if (killed)
                {
                    return null; // in the kernel, and not to be had out of there
                }

                _ = pidFd is null ? Libc.kill(pid, Libc.SIGKILL) : PidFd.Signal(pidFd.Number, Libc.SIGKILL, PidFd.Process);
                killed = true;
                deadline = Environment.TickCount64 + EndMilliseconds;
            }

            if (pidFd is null)
            {
                Thread.Sleep(pause);
            }
            else
            {
                SeqPacket.Wait(pidFd.Number, Libc.POLLIN, deadline);
            }
        }

        return code;
    }

    // True: it is no living child of ours. By pidfd where there is one, so that no other child is ever taken for it.
    private static bool TryReap(int pid, Descriptor? pidFd, bool keep, out int? code)
    {
        const int CldExited = 1;
        int* information = stackalloc int[32]; // siginfo_t: si_signo, which stays 0 while it runs, is the first field, si_code the third, si_status the seventh
        information[0] = 0;
        int options = Libc.WEXITED | Libc.WNOHANG | (keep ? Libc.WNOWAIT : 0);
        int result = pidFd is null ? -1 : Libc.waitid(Libc.P_PIDFD, (uint)pidFd.Number, information, options);
        if (pidFd is null || (result != 0 && Marshal.GetLastPInvokeError() == Libc.EINVAL)) // before Linux 5.4
        {
            result = Libc.waitid(Libc.P_PID, (uint)pid, information, options);
        }

        code = result == 0 && information[0] != 0 && information[2] == CldExited ? information[6] : null;
        return result != 0 || (information[0] != 0 && !keep);
    }
}
