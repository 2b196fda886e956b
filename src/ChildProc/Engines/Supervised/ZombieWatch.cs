using System.Runtime.Versioning;
using ChildProc.Events;
using ChildProc.Interop;

namespace ChildProc.Engines.Supervised;

/// <summary>
/// Reaps keepers that became the host's own children: when a guardian is killed and the host is PID 1 of its namespace
/// or a subreaper, guardian and supervisors are handed to the host, and would stay as zombies.
/// </summary>
/// <remarks>By pidfd, one by one (without pidfds: <see cref="ZombieLook"/>), so that no child of anybody else in the host is ever reaped.</remarks>
[SupportedOSPlatform("linux")]
internal sealed class ZombieWatch : IReactorEntry
{
    private readonly Descriptor _pidFd;
    private readonly bool _isGuardian;

    private ZombieWatch(Descriptor pidFd, bool isGuardian)
    {
        _pidFd = pidFd;
        _isGuardian = isGuardian;
    }

    public int Slot { get; set; } = IReactorEntry.NotRegistered;

    /// <summary>Watches a guardian from its start to its end; takes the descriptor over.</summary>
    internal static void WatchGuardian(Descriptor pidFd) => Watch(new ZombieWatch(pidFd, isGuardian: true));

    /// <summary>Watches one process that is, or may become, the host's own child; takes the descriptor over. 0, or the errno for which it does not.</summary>
    internal static int WatchOne(Descriptor pidFd) => Watch(new ZombieWatch(pidFd, isGuardian: false));

    public unsafe void OnReady(uint events)
    {
        // ECHILD where it is not ours: init's, or another subreaper's.
        byte* information = stackalloc byte[128];
        Libc.waitid(Libc.P_PIDFD, (uint)_pidFd.Number, information, Libc.WEXITED | Libc.WNOHANG);
        Reactor.Shared.Remove(_pidFd.Number, this);
        _pidFd.Dispose();
        if (_isGuardian)
        {
            WatchOrphanedSupervisors();
        }
    }

    // Once the guardian is dead the kernel has found its supervisors a new parent, which may be the host.
    private static void WatchOrphanedSupervisors()
    {
        foreach (int child in ProcFile.Children(Environment.ProcessId))
        {
            if (IsSupervisor(child))
            {
                int pidFd = (int)Libc.syscall(Libc.SYS_pidfd_open, child, 0);
                if (pidFd >= 0)
                {
                    Watch(new ZombieWatch(new Descriptor(pidFd), isGuardian: false));
                }
            }
        }
    }

    /// <summary>By its name: a supervisor, or a warden.</summary>
    internal static bool IsSupervisor(int pid) => ProcFs.Command(pid) is "childproc-super" or "childproc-ward";

    private static int Watch(ZombieWatch watch)
    {
        int error = Reactor.Shared.Add(watch._pidFd.Number, watch, Libc.EPOLLIN);
        if (error != 0)
        {
            watch._pidFd.Dispose();
        }

        return error;
    }
}
