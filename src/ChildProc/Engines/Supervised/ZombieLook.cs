using System.Collections.Concurrent;
using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Supervised;

/// <summary>What <see cref="ZombieWatch"/> does, without pidfds (Linux before 5.3, or a seccomp filter): it looks now and then.</summary>
/// <remarks>A keeper is waited for by its number only as long as it stands among the host's own children with its name.</remarks>
[SupportedOSPlatform("linux")]
internal static class ZombieLook
{
    private const int FirstMilliseconds = 5, LongestMilliseconds = 1000;
    private static readonly ConcurrentDictionary<int, bool> s_looking = new();

    /// <summary>Reaps a guardian that ends now, or soon, and what it leaves, as far as these are the host's children.</summary>
    internal static void AfterGuardian(int pid) => _ = AfterGuardianAsync(pid);

    private static async Task AfterGuardianAsync(int pid)
    {
        await ReapAsync(pid).ConfigureAwait(false);
        foreach (int child in ProcFile.Children(Environment.ProcessId).Where(ZombieWatch.IsSupervisor))
        {
            _ = ReapAsync(child);
        }
    }

    private static async Task ReapAsync(int pid)
    {
        if (!s_looking.TryAdd(pid, true))
        {
            return;
        }

        for (int wait = FirstMilliseconds; IsOurs(pid) && !TryReap(pid); wait = Math.Min(wait * 2, LongestMilliseconds))
        {
            await Task.Delay(wait).ConfigureAwait(false);
        }

        s_looking.TryRemove(pid, out _);
    }

    private static bool IsOurs(int pid) => ProcFile.Children(Environment.ProcessId).Contains(pid)
        && (ZombieWatch.IsSupervisor(pid) || ProcFs.Command(pid) == "childproc-guard");

    private static unsafe bool TryReap(int pid)
    {
        int* information = stackalloc int[32];
        information[0] = 0; // si_signo: stays so while it runs
        return Libc.waitid(Libc.P_PID, (uint)pid, information, Libc.WEXITED | Libc.WNOHANG) != 0 || information[0] != 0;
    }
}
