using ChildProc.Interop;

namespace ChildProc.Engines.Direct.Darwin;

/// <summary>One thread for all trees that are killed, have forked, or whose child has ended before the others: no event tells of those.</summary>
/// <remarks>
/// A thread of its own, for a look at all processes takes a while and the reactor must not wait for it. One look serves all
/// trees that are due.
/// </remarks>
internal sealed class DarwinSweeper(IDarwinSystem system) : IDisposable
{
    private const int MaxPasses = 64; // then those that were found are killed, and it begins again

    private readonly object _gate = new(); // a Monitor: the thread waits on it
    private readonly Dictionary<DarwinTree, long> _due = []; // in ticks of the system's clock
    private Thread? _thread;
    private bool _ends;

    /// <summary>0 or errno.</summary>
    internal int Start()
    {
        try
        {
            Thread thread = new(Run, maxStackSize: 256 * 1024) { IsBackground = true, Name = "ChildProc sweep" };
            thread.UnsafeStart();
            _thread = thread;
            return 0;
        }
        catch (OutOfMemoryException) // how the runtime says that the system has no thread left
        {
            return DarwinAbi.EAGAIN;
        }
    }

    /// <summary>The tree is looked at then, or earlier when that was planned.</summary>
    internal void Plan(DarwinTree tree, int inMilliseconds)
    {
        long due = Environment.TickCount64 + inMilliseconds;
        lock (_gate)
        {
            _due[tree] = _due.TryGetValue(tree, out long planned) ? Math.Min(planned, due) : due;
            Monitor.Pulse(_gate);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _ends = true;
            Monitor.Pulse(_gate);
        }

        _thread?.Join();
    }

    private void Run()
    {
        while (TakeDue() is { } trees)
        {
            Sweep(trees.FindAll(static tree => tree.IsKilling));
            List<DarwinProcess>? all = null;
            foreach (DarwinTree tree in trees)
            {
                if (tree.Inspect(() => all ??= DarwinSnapshot.Take(system)) is >= 0 and int wait)
                {
                    Plan(tree, wait);
                }
            }
        }
    }

    // Null: the end.
    private List<DarwinTree>? TakeDue()
    {
        lock (_gate)
        {
            while (!_ends)
            {
                long now = Environment.TickCount64, next = long.MaxValue;
                List<DarwinTree> due = [];
                foreach ((DarwinTree tree, long at) in _due)
                {
                    if (at <= now)
                    {
                        due.Add(tree);
                        _due.Remove(tree);
                    }
                    else
                    {
                        next = Math.Min(next, at);
                    }
                }

                if (due.Count > 0)
                {
                    return due;
                }

                Monitor.Wait(_gate, next == long.MaxValue ? Timeout.Infinite : (int)Math.Min(next - now, int.MaxValue));
            }

            return null;
        }
    }

    // Everybody is stopped before anybody is killed: a kill alone races with a fork loop, and hides the children of whoever dies first.
    private void Sweep(List<DarwinTree> trees)
    {
        trees.ForEach(static tree => tree.StopGroup());
        bool fresh = trees.Count > 0;
        for (int pass = 0; fresh && pass < MaxPasses; pass++)
        {
            List<DarwinProcess> all = DarwinSnapshot.Take(system);
            fresh = false;
            foreach (DarwinTree tree in trees)
            {
                fresh |= tree.StopFound(all);
            }
        }

        trees.ForEach(static tree => tree.KillFound());
    }
}
