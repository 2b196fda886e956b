using System.Runtime.CompilerServices;
using ChildProc.Engines;

namespace ChildProc.Diagnostics;

/// <summary>The trees whose child object was neither disposed nor finalized; and those that were dropped.</summary>
/// <remarks>
/// It holds trees, or weak references to them, and never the caller's objects, so these can be forgotten and collected. The set is
/// in parts, each with a lock of its own: two starts at once rarely meet.
/// </remarks>
internal static class Ledger
{
    private const int Parts = 16, DroppedKept = 256;
    private static readonly HashSet<object>[] s_owned = [.. Enumerable.Range(0, Parts).Select(static _ => new HashSet<object>())];
    private static readonly Queue<ChildProcessEntry> s_dropped = new();
    private static long s_started, s_exited, s_disposed, s_finalized;

    internal static ChildProcessCounts Counts => new()
    {
        Started = Volatile.Read(ref s_started),
        Exited = Volatile.Read(ref s_exited),
        Disposed = Volatile.Read(ref s_disposed),
        Finalized = Volatile.Read(ref s_finalized),
    };

    /// <summary>How many children have not ended, after a look at those whose end nobody waits for.</summary>
    internal static long CountActive()
    {
        foreach (ProcessTree tree in Owned())
        {
            if (tree.TryPin())
            {
                try
                {
                    _ = tree.HasExited;
                }
                catch (IOException)
                {
                    // no more descriptors: it is as it was known
                }

                tree.Unpin();
            }
        }

        long exited = Volatile.Read(ref s_exited); // first, and a start is counted a moment after its owner is set
        return Math.Max(0, Volatile.Read(ref s_started) - exited);
    }

    /// <param name="key">A tree, or a weak reference to one.</param>
    internal static void Add(object key)
    {
        HashSet<object> part = PartOf(key);
        lock (part)
        {
            part.Add(key);
        }

        Interlocked.Increment(ref s_started);
    }

    internal static void CountExit() => Interlocked.Increment(ref s_exited);

    /// <param name="key">What was added.</param>
    /// <param name="dropped">What the owner has forgotten, which is kept in mind; null when it was disposed.</param>
    internal static void Remove(object key, ChildProcessEntry? dropped)
    {
        HashSet<object> part = PartOf(key);
        lock (part)
        {
            part.Remove(key);
        }

        if (dropped is null)
        {
            Interlocked.Increment(ref s_disposed);
            return;
        }

        lock (s_dropped)
        {
            if (s_dropped.Count == DroppedKept)
            {
                s_dropped.Dequeue();
            }

            s_dropped.Enqueue(dropped);
        }

        Interlocked.Increment(ref s_finalized);
    }

    /// <summary>Each to be pinned before it is looked at.</summary>
    internal static List<ProcessTree> Owned()
    {
        List<ProcessTree> all = [];
        foreach (HashSet<object> part in s_owned)
        {
            lock (part)
            {
                foreach (object key in part)
                {
                    if ((key as ProcessTree ?? (((WeakReference<ProcessTree>)key).TryGetTarget(out ProcessTree? target) ? target : null)) is { } tree)
                    {
                        all.Add(tree);
                    }
                }
            }
        }

        return all;
    }

    internal static ChildProcessEntry[] Dropped()
    {
        lock (s_dropped)
        {
            return [.. s_dropped];
        }
    }

    private static HashSet<object> PartOf(object key) => s_owned[RuntimeHelpers.GetHashCode(key) & (Parts - 1)];
}
