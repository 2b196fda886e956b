using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Engines.Direct;

/// <summary>One thread for all trees that are killed, or whose child has ended before its group: no event tells of their end.</summary>
/// <remarks>
/// A thread of its own, because a disposal that blocks the whole thread pool waits for it. One look at all processes serves all
/// trees that are due. It waits when there is none.
/// </remarks>
[SupportedOSPlatform("linux")]
internal static class TreeSweeper
{
    private const int MaxPasses = 64; // then kill what was found, and sweep again

    private static readonly object s_gate = new(); // a Monitor: the thread waits on it
    private static readonly Dictionary<DirectTree, long> s_due = []; // in ticks of the system's clock
    private static bool s_running;

    /// <summary>Starts the thread, for the life of the process, before there is a tree that may need it. 0, or errno: it may be tried again.</summary>
    internal static int EnsureRunning()
    {
        lock (s_gate)
        {
            if (!s_running)
            {
                if (!OwnThread.TryStart("ChildProc sweep", Run, maxStackSize: 256 * 1024))
                {
                    return Libc.EAGAIN;
                }

                s_running = true;
            }

            return 0;
        }
    }

    /// <summary>The tree is looked at then, or earlier when that was planned.</summary>
    internal static void Plan(DirectTree tree, int inMilliseconds)
    {
        long due = Environment.TickCount64 + inMilliseconds;
        lock (s_gate)
        {
            s_due[tree] = s_due.TryGetValue(tree, out long planned) ? Math.Min(planned, due) : due;
            Monitor.Pulse(s_gate);
        }
    }

    private static void Run()
    {
        while (true)
        {
            Serve(TakeDue()); // a method of its own, so that no list of thousands of processes is held while it waits
        }
    }

    private static void Serve(List<DirectTree> trees)
    {
        Sweep(trees.FindAll(static tree => tree.IsKilling));
        List<ProcessEntry>? all = null;
        foreach (DirectTree tree in trees)
        {
            if (tree.LookForEnd(() => all ??= ProcessTable.TryList()) is >= 0 and int wait)
            {
                Plan(tree, wait);
            }
        }
    }

    private static List<DirectTree> TakeDue()
    {
        lock (s_gate)
        {
            while (true)
            {
                long now = Environment.TickCount64, next = long.MaxValue;
                List<DirectTree> due = [];
                foreach ((DirectTree tree, long at) in s_due)
                {
                    if (at <= now)
                    {
                        due.Add(tree);
                    }
                    else
                    {
                        next = Math.Min(next, at);
                    }
                }

                if (due.Count > 0)
                {
                    due.ForEach(static tree => s_due.Remove(tree));
                    return due;
                }

                Monitor.Wait(s_gate, next == long.MaxValue ? Timeout.Infinite : (int)Math.Min(next - now, int.MaxValue));
            }
        }
    }

    // Everybody is stopped before anybody is killed: a kill alone races with a fork loop, and frees the children of whoever dies first.
    private static void Sweep(List<DirectTree> trees)
    {
        if (trees.Count == 0)
        {
            return;
        }

        trees.ForEach(static tree => tree.StopGroup());
        bool fresh = true;
        for (int pass = 0; fresh && pass < MaxPasses; pass++)
        {
            List<ProcessEntry>? all = ProcessTable.TryList();
            fresh = false;
            foreach (DirectTree tree in trees)
            {
                fresh |= tree.StopFound(all);
            }
        }

        trees.ForEach(static tree => tree.KillFound());
    }
}
