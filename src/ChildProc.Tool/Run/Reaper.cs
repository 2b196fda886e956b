using System.Runtime.InteropServices;
using ChildProc.Interop;
using ChildProc.Tool.Interop;
using ChildProc.Tool.Model;
using ChildProc.Tool.Sources;

namespace ChildProc.Tool.Run;

/// <summary>
/// The tool as the subreaper of the tree: whoever loses its parent becomes its child, daemons included, and it alone
/// waits for them. Each is looked at while it is a zombie still, and only then reaped.
/// </summary>
internal sealed unsafe class Reaper(FactLog log)
{
    private readonly HashSet<int> _helpers = [];
    private readonly Lock _rootLock = new();
    private bool _rootIsReaped;

    internal int Root { get; private set; }

    /// <summary>As a shell would say it: the exit status, or 128 and the signal.</summary>
    internal int Status { get; private set; }

    internal int? ExitCode { get; private set; }

    internal int? ExitSignal { get; private set; }

    internal static void Become() => LibC.prctl(LibC.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);

    internal void Start(int root) => Root = root;

    internal void AddHelper(int pid) => _helpers.Add(pid);

    /// <summary>The name of a tracer that falls to the tool on its own; no traced program can be one.</summary>
    internal string? TracerName { get; set; }

    internal bool IsHelper(ProcStat process) => _helpers.Contains(process.Pid) || process.Name == TracerName;

    /// <summary>A signal for the root; none once it is reaped, for then the id may be another's.</summary>
    internal void Signal(int signal)
    {
        lock (_rootLock)
        {
            if (!_rootIsReaped && Root != 0)
                LibC.kill(Root, signal);
        }
    }

    /// <summary>Waits for the root, and reaps what falls to the tool in the meantime.</summary>
    internal void WaitForRoot()
    {
        LibC.SignalInfo info;
        while (true)
        {
            if (LibC.waitid(LibC.P_ALL, 0, &info, LibC.WEXITED | LibC.WNOWAIT) != 0)
            {
                if (Marshal.GetLastPInvokeError() == LibC.EINTR)
                    continue;
                throw new IOException("waitid: " + Marshal.GetLastPInvokeErrorMessage());
            }

            if (info.Pid == Root)
                break;
            Bury(info);
        }

        long time = LibC.Now();
        // Before anything is reaped: the zombies that the root leaves are children of the tool now.
        foreach (int child in ProcFile.Children(Environment.ProcessId))
        {
            if (child != Root && ProcStat.Read(child) is { IsDead: true } zombie && !IsHelper(zombie))
                log.AddLook(zombie, FactFlags.Adopted, time);
        }

        lock (_rootLock)
        {
            _rootIsReaped = true;
            LibC.waitid(LibC.P_PID, (uint)Root, &info, LibC.WEXITED);
        }

        bool exited = info.Code == LibC.CLD_EXITED;
        (ExitCode, ExitSignal, Status) = exited ? ((int?)info.Status, (int?)null, info.Status) : (null, info.Status, 128 + info.Status);
        log.Add(FactKind.RootExit, time, pid: Root, number: info.Status, flags: exited ? 0 : FactFlags.BySignal);
    }

    /// <summary>Reaps who is dead already.</summary>
    internal void ReapAll()
    {
        LibC.SignalInfo info = default;
        while (LibC.waitid(LibC.P_ALL, 0, &info, LibC.WEXITED | LibC.WNOWAIT | LibC.WNOHANG) == 0 && info.Pid != 0)
        {
            Bury(info);
            info = default;
        }
    }

    private void Bury(LibC.SignalInfo dead)
    {
        if (ProcStat.Read(dead.Pid) is { } zombie && !IsHelper(zombie))
        {
            long time = LibC.Now();
            log.Add(FactKind.TaskExit, time, pid: dead.Pid, number: dead.Status, flags: dead.Code == LibC.CLD_EXITED ? 0 : FactFlags.BySignal);
            log.Add(FactKind.TaskReap, time, pid: Environment.ProcessId, other: dead.Pid);
        }

        LibC.SignalInfo info;
        LibC.waitid(LibC.P_PID, (uint)dead.Pid, &info, LibC.WEXITED);
    }
}
