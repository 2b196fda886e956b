using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Supervised;

/// <summary>Which process group the guardian belongs in.</summary>
/// <remarks>
/// Normally one of its own, so that a child's <c>kill -9 0</c> hits the host's group and not the keepers. The exception:
/// a host whose group is orphaned and has a terminal (a session leader: <c>docker run -it app</c>, <c>setsid app</c>).
/// The kernel never stops an orphaned group by Ctrl-Z, for nobody could continue it. A child in that group whose parent
/// sits in another group of the session would end that protection, and Ctrl-Z would stop the host for ever. There the
/// keepers stay in the host's group.
/// </remarks>
[SupportedOSPlatform("linux")]
internal static class HostGroup
{
    /// <summary>
    /// Also where the host's group lies outside of its PID namespace (bwrap --unshare-pid, unshare --pid): it has no
    /// number there, so a child could not join it from another group.
    /// </summary>
    internal static bool MustBeShared() => Libc.getpgrp() == 0 || IsOrphanedWithTerminal();

    internal static bool IsOrphanedWithTerminal()
    {
        if (ProcStat.Parse(ProcFile.Bytes("/proc/self/stat")) is not { Terminal: not 0 } self)
        {
            return false;
        }

        // POSIX: a group is orphaned unless a member has its parent in the same session, but in another group.
        foreach (int pid in ProcFile.Numbers("/proc"))
        {
            if (ProcStat.Read(pid) is { } member && member.Group == self.Group
                && ProcStat.Read(member.Parent) is { } parent && parent.Session == self.Session && parent.Group != self.Group)
            {
                return false;
            }
        }

        return true;
    }
}
