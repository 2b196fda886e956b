using ChildProc.Tool.Audit;
using ChildProc.Tool.Model;

namespace ChildProc.Tool.Formats;

/// <summary>Processes in the order of the tree, for a lane each.</summary>
internal static class Lanes
{
    /// <summary>Parents before their children, those by age.</summary>
    internal static IEnumerable<ProcessLife> Order(Report report)
    {
        List<ProcessLife> shown = [.. report.Story.Lives.Where(static l => !l.IsHelper)];
        HashSet<ProcessLife> set = [.. shown];
        ILookup<ProcessLife?, ProcessLife> children = shown.OrderByDescending(static l => l.Id.FirstSeen).ToLookup(l => l.Parent is { } p && set.Contains(p) ? p : null);
        Stack<ProcessLife> todo = new(children[null]);
        while (todo.TryPop(out ProcessLife? life))
        {
            yield return life;
            foreach (ProcessLife child in children[life])
                todo.Push(child);
        }
    }

    internal static int Depth(ProcessLife life)
    {
        int depth = 0;
        for (ProcessLife? parent = life.Parent; parent is not null && depth < 100; parent = parent.Parent)
            depth++;
        return depth;
    }

    /// <summary>Until when it was a zombie; nothing where it was none, or that is not known.</summary>
    internal static long? ZombieEnd(ProcessLife life, Report report)
    {
        if (life.Exited is not { } exited || life == report.Story.Root || life.Survived || life.IsReapedUnseen)
            return null;
        if (life.Reaped is { } reaped)
            return reaped;
        if (life.AdoptedAt is { } adopted && adopted > exited)
            return adopted;
        return life.AdoptedAsZombie ? Math.Max(exited, report.RootExit ?? report.End) : report.Story.Sums.CountsReaps && !life.AutoReap && life.AdoptedAt is null ? report.End : null;
    }
}
