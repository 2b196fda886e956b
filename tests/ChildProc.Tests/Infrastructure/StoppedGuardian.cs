using ChildProc.Interop;
using Mono.Unix.Native;

namespace ChildProc.Tests.Infrastructure;

/// <summary>A guardian that is stopped: it adds no supervisor and hears nothing, so that what a test asks for lies in its queues.</summary>
internal sealed class StoppedGuardian : IDisposable
{
    private StoppedGuardian(int pid) => Pid = pid;

    internal int Pid { get; }

    /// <param name="host">A host that has a guardian.</param>
    internal static async Task<StoppedGuardian> StopAsync(IChildProcessHost host)
    {
        int pid = Keepers.GuardianOf(host);
        Assert.True(pid > 1); // 0 would be this very group
        StoppedGuardian guardian = new(pid);
        Assert.Equal(0, Syscall.kill(pid, Signum.SIGSTOP));
        await Eventually.HoldsAsync(() => ProcFs.Describe(pid)?.Contains(" T ", StringComparison.Ordinal) == true, "the guardian stops");
        return guardian;
    }

    /// <summary>Starts children until every supervisor has one: the next request finds nobody to take it.</summary>
    internal async Task<List<IChildProcess>> OccupyAsync(IChildProcessHost host, ChildProcessStartInfo info)
    {
        List<IChildProcess> children = [];
        while (ProcFile.Children(Pid).Exists(static s => Keepers.IsAlive(s) && ProcFile.Children(s).Count == 0))
        {
            children.Add(await host.StartAsync(info));
        }

        return children;
    }

    /// <summary>It goes on, if it still lives.</summary>
    public void Dispose()
    {
        if (ProcFs.Command(Pid) == "childproc-guard")
        {
            Syscall.kill(Pid, Signum.SIGCONT);
        }
    }
}
