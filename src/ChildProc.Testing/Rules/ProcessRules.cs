using System.Runtime.Versioning;
using ChildProc.Testing.Proc;

namespace ChildProc.Testing.Rules;

/// <summary>Processes that nobody owns: children, zombies and orphans.</summary>
[SupportedOSPlatform("linux")]
internal static class ProcessRules
{
    /// <summary>Children of this process, dead or alive, but for the library's own and what an undisposed child object owns.</summary>
    internal static IEnumerable<Leak> Children(Snapshot before)
    {
        // First the children, then the ledger: a child that is started between the two is in neither.
        ProcessFacts[] children = [.. OwnProcess.Children().Where(c => !c.IsKeeper && !before.Has(c))];
        HashSet<int> owned = Owned(static entry => [entry.Id]);
        foreach (ProcessFacts child in children)
        {
            if (child.Stat.IsDead)
            {
                yield return ToLeak(LeakKind.Zombie, child);
            }
            else if (!owned.Contains(child.Id))
            {
                yield return ToLeak(LeakKind.Child, child);
            }
        }
    }

    /// <summary>What the keepers of this host hold, but for the trees of undisposed child objects.</summary>
    internal static IEnumerable<Leak> Orphans(Snapshot before)
    {
        ProcessFacts[] held = [.. OwnProcess.HeldByKeepers().Where(p => !before.Has(p))];
        if (held.Length == 0)
        {
            return [];
        }

        HashSet<int> owned = Owned(static entry => entry.GetProcessIds());
        return held.Where(p => !owned.Contains(p.Id)).Select(static p => ToLeak(LeakKind.Orphan, p));
    }

    private static HashSet<int> Owned(Func<ChildProcessEntry, IEnumerable<int>> processes)
        => [.. ChildProcessDiagnostics.GetChildren().Where(static e => e.HasOwner).SelectMany(processes)];

    private static Leak ToLeak(LeakKind kind, ProcessFacts process)
    {
        string commandLine = process.CommandLine;
        return new Leak(kind, process.Stat.Name, $"process {process.Id}, state {process.Stat.State}: {commandLine}")
        {
            CommandLine = commandLine,
            Age = process.Age,
        };
    }
}
