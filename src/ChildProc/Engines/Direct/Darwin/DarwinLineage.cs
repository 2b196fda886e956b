namespace ChildProc.Engines.Direct.Darwin;

/// <summary>Who belongs to a tree: its root, everybody in its group, and whoever one of them has forked, dead parents included.</summary>
/// <remarks>
/// An intermediate that forked and ended between two looks is missed, and with it its children. One that was seen is remembered
/// until two looks in a row have not found it: after the first it is dead for certain, and the second has seen all of its children.
/// </remarks>
internal sealed class DarwinLineage
{
    private const int Forgotten = 2;
    private readonly Dictionary<ulong, int> _missed = []; // by identity: looks in a row that did not find it

    /// <summary>The root, while it certainly lives.</summary>
    internal void Add(ulong id) => _missed[id] = 0;

    /// <summary>Those of all processes that belong to the tree, parents first.</summary>
    /// <param name="all">As <see cref="DarwinSnapshot.Take"/> gives them.</param>
    /// <param name="group">The pids in the tree's own group.</param>
    internal List<DarwinProcess> Find(List<DarwinProcess> all, int[] group)
    {
        List<DarwinProcess> members = [];
        HashSet<int> inGroup = [.. group];
        HashSet<ulong> seen = [];
        foreach (DarwinProcess process in all)
        {
            if (_missed.ContainsKey(process.Id) || _missed.ContainsKey(process.Parent) || inGroup.Contains(process.Pid))
            {
                members.Add(process);
                _missed[process.Id] = 0;
                seen.Add(process.Id);
            }
        }

        foreach (ulong id in _missed.Keys)
        {
            if (!seen.Contains(id) && ++_missed[id] >= Forgotten)
            {
                _missed.Remove(id); // the one change that an enumeration allows, besides that of a value
            }
        }

        return members;
    }
}
