using System.Globalization;
using ChildProc.Interop;

namespace ChildProc.Tests.Infrastructure;

/// <summary>Guardians and supervisors, as /proc shows them. Zombies do not count: init buries those in its own time.</summary>
internal static class Keepers
{
    /// <summary>Keepers hold the secrets of requests: PR_SET_DUMPABLE keeps what /proc says of their insides from who may not trace them, proc(5).</summary>
    internal static bool CanBeLookedInto => Privileges.MayTraceAnybody;

    internal static int SupervisorOf(IChildProcess child) => ParentOf(child.Id);

    internal static int ParentOf(int pid) => ProcStat.Read(pid)!.Value.Parent;

    /// <summary>The parent is gone, and reaped: the process is its supervisor's, or under a process group anybody's but the host's.</summary>
    internal static bool IsAdopted(int pid)
    {
        int parent = ParentOf(pid);
        return UnderTest.HoldsWholeTree
            ? ProcFs.Command(parent) == "childproc-super" && ProcFile.Children(parent).Count == 1
            : ProcFs.Command(parent) is not ("puppet" or "left-behind") && parent != Environment.ProcessId;
    }

    internal static int GuardianOf(IChildProcessHost host) => ((LocalChildProcessHost)host).GuardianPid;

    internal static bool IsAlive(int pid) => OperatingSystem.IsWindows()
        ? WindowsProcesses.IsAlive(pid)
        : ProcFs.Describe(pid) is { } text && !text.Contains(" Z ", StringComparison.Ordinal);

    /// <summary>All keepers of a host process.</summary>
    internal static List<int> OfHost(int host)
    {
        string needle = string.Create(CultureInfo.InvariantCulture, $"(host {host})");
        return ProcFile.Numbers("/proc").FindAll(pid => ProcFile.Text(pid, "cmdline").Contains(needle, StringComparison.Ordinal));
    }

    internal static void Kill(int pid)
    {
        Assert.True(pid > 1);
        if (OperatingSystem.IsWindows())
        {
            WindowsProcesses.Kill(pid);
            return;
        }

        Assert.Equal(0, Mono.Unix.Native.Syscall.kill(pid, Mono.Unix.Native.Signum.SIGKILL));
    }
}
