using ChildProc.Interop;
using ChildProc.Tool.Interop;
using ChildProc.Tool.Model;
using ChildProc.Tool.Sources;

namespace ChildProc.Tool.Run;

/// <summary>
/// Ends all that is left of the tree: SIGTERM and a grace, then SIGSTOP until a look finds nobody new, then SIGKILL. Every
/// member is a descendant of the tool, which is their subreaper and alone may reap, so no id changes its owner under it.
/// </summary>
internal sealed class Sweep(Reaper reaper, FactLog log)
{
    private const int Term = 15, Kill = 9, Stop = 19, Continue = 18;
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1), s_patience = TimeSpan.FromSeconds(10);

    /// <returns>Those that could not be ended.</returns>
    internal IReadOnlyList<ProcStat> Run()
    {
        List<ProcStat> members = Members();
        foreach (ProcStat member in members)
        {
            log.Add(FactKind.Killed, other: member.Pid, number: Term);
            LibC.kill(member.Pid, Term);
            LibC.kill(member.Pid, Continue);
        }

        if (members.Count == 0 || WaitForNone(s_grace))
            return [];
        long deadline = LibC.Now() + s_patience.Ticks * 100;
        do
        {
            HashSet<int> stopped = [];
            while (Members().Where(m => stopped.Add(m.Pid)).ToList() is { Count: > 0 } fresh)
                fresh.ForEach(static m => LibC.kill(m.Pid, Stop));
            // From the leaves up: nobody is handed on to a parent that could still act.
            foreach (ProcStat member in Members().AsEnumerable().Reverse())
            {
                log.Add(FactKind.Killed, other: member.Pid, number: Kill);
                LibC.kill(member.Pid, Kill);
            }
        }
        while (!WaitForNone(TimeSpan.FromMilliseconds(200)) && LibC.Now() < deadline);
        return Members();
    }

    private List<ProcStat> Members() => [.. ProcFs.Descendants(Environment.ProcessId).Where(p => !p.IsDead && !reaper.IsHelper(p))];

    private bool WaitForNone(TimeSpan time)
    {
        long deadline = LibC.Now() + time.Ticks * 100;
        while (true)
        {
            reaper.ReapAll();
            if (Members().Count == 0)
                return true;
            if (LibC.Now() >= deadline)
                return false;
            Thread.Sleep(5);
        }
    }
}
