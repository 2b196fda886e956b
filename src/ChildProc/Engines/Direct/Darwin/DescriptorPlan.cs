using ChildProc.Interop;

namespace ChildProc.Engines.Direct.Darwin;

/// <summary>Brings descriptors of the host to their numbers in the child, whatever numbers they have.</summary>
/// <remarks>
/// posix_spawn makes one dup2 after the other, so a source that is also the target of another would be overwritten first
/// (trap 30: 1 and 2 swapped, or 5 to 4 and 4 to 6). Such a source is duplicated in the host beforehand, to a number that is
/// no target. In the child it could not be: a number that an action names there is inherited.
/// </remarks>
internal static class DescriptorPlan
{
    /// <summary>0 or errno. What was duplicated is the caller's to close, also after a failure.</summary>
    /// <param name="system">Duplicates.</param>
    /// <param name="pairs">The descriptors of the host, and the numbers that they get.</param>
    /// <param name="nulls">The numbers that get the null device.</param>
    /// <param name="actions">Gets what posix_spawn is to do.</param>
    /// <param name="moved">Gets the duplicates.</param>
    internal static int Make(
        IDarwinSystem system, IReadOnlyList<(int Source, int Target)> pairs, IReadOnlyList<int> nulls, List<SpawnAction> actions, List<DarwinDescriptor> moved)
    {
        HashSet<int> targets = [.. nulls, .. pairs.Select(static pair => pair.Target)];
        Dictionary<int, int> places = []; // of the sources that were in the way
        foreach ((int source, int target) in pairs)
        {
            int from = source;
            if (source == target)
            {
                actions.Add(new SpawnAction(SpawnActionKind.Inherit, target, target));
                continue;
            }

            if (IsOverwritten(source) && !places.TryGetValue(source, out from))
            {
                from = Duplicate(system, source, targets, moved);
                if (from < 0)
                {
                    return -from;
                }

                places[source] = from;
            }

            actions.Add(new SpawnAction(SpawnActionKind.Duplicate, from, target));
        }

        foreach (int target in nulls)
        {
            actions.Add(new SpawnAction(SpawnActionKind.Null, -1, target));
        }

        return 0;

        // One that stays where it is is a target, too, but keeps what it is.
        bool IsOverwritten(int source) => targets.Contains(source) && !pairs.Contains((source, source));
    }

    // Those that land on a target are kept meanwhile, so that the next one does not.
    private static int Duplicate(IDarwinSystem system, int source, HashSet<int> targets, List<DarwinDescriptor> moved)
    {
        while (true)
        {
            int copy = system.Control(source, DarwinAbi.F_DUPFD_CLOEXEC, 3);
            if (copy < 0)
            {
                return copy;
            }

            moved.Add(new DarwinDescriptor(system, copy));
            if (!targets.Contains(copy))
            {
                return copy;
            }
        }
    }
}
