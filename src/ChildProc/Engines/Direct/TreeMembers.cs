namespace ChildProc.Engines.Direct;

/// <summary>Who of all processes belongs to a tree: its roots and the descendants of those.</summary>
internal static class TreeMembers
{
    private enum Belongs : byte { Unknown, Asking, No, Yes }

    /// <summary>The members, parents before children.</summary>
    /// <param name="all">All processes.</param>
    /// <param name="isRoot">Belongs by itself, whoever its parent is.</param>
    /// <param name="withDead">Also those that are dead, and not reaped.</param>
    internal static List<ProcessEntry> Of(List<ProcessEntry> all, Predicate<ProcessEntry> isRoot, bool withDead = false)
    {
        Dictionary<int, int> byPid = new(all.Count);
        for (int i = 0; i < all.Count; i++)
        {
            byPid[all[i].Pid] = i;
        }

        Belongs[] belongs = new Belongs[all.Count];
        int[] depth = new int[all.Count];
        List<int> members = [];
        for (int i = 0; i < all.Count; i++)
        {
            if (Ask(i) && (withDead || !all[i].IsDead))
            {
                members.Add(i);
            }
        }

        members.Sort((a, b) => depth[a] != depth[b] ? depth[a].CompareTo(depth[b]) : a.CompareTo(b));
        return members.ConvertAll(i => all[i]);

        // Parents cannot form a ring, but numbers that were read one after the other can.
        bool Ask(int i)
        {
            if (belongs[i] == Belongs.Unknown)
            {
                belongs[i] = Belongs.Asking;
                bool byParent = byPid.TryGetValue(all[i].Parent, out int parent) && Ask(parent);
                depth[i] = byParent ? depth[parent] + 1 : 0;
                belongs[i] = byParent || isRoot(all[i]) ? Belongs.Yes : Belongs.No;
            }

            return belongs[i] == Belongs.Yes;
        }
    }
}
