using ChildProc.Diagnostics;
using ChildProc.Engines;
using ChildProc.Engines.Direct;
using ChildProc.Events;

namespace ChildProc;

/// <summary>The ledger: the children that this process has, what they hold and who started them. Always on.</summary>
/// <remarks>
/// All members are thread-safe and cover every host of this machine. Answers are snapshots. A start costs an entry in a set, and
/// no allocation unless stacks or tags are asked for.
/// </remarks>
public static class ChildProcessDiagnostics
{
    private static readonly AsyncLocal<object?> s_tag = new();
    private static volatile bool s_trackStacks = (AppContext.TryGetSwitch("ChildProc.TrackStacks", out bool on) && on)
        || Environment.GetEnvironmentVariable("CHILDPROC_TRACK_STACKS") == "1";
    private static volatile bool s_tagged;

    /// <summary>
    /// Whether later starts note the stack that made them, which costs some ten microseconds and kilobytes each. Off by default;
    /// the <see cref="AppContext"/> switch <c>ChildProc.TrackStacks</c> or the environment variable <c>CHILDPROC_TRACK_STACKS=1</c>
    /// turns it on from the beginning.
    /// </summary>
    public static bool TrackStacks
    {
        get => s_trackStacks;
        set => s_trackStacks = value;
    }

    /// <summary>
    /// What the ledger notes for every child that is started in the present asynchronous flow, as an <see cref="AsyncLocal{T}"/>;
    /// null, the default: nothing. It is held as long as the entry is.
    /// </summary>
    public static object? StartTag
    {
        get => s_tagged ? s_tag.Value : null;
        set
        {
            s_tagged |= value is not null;
            s_tag.Value = value;
        }
    }

    /// <summary>How many children there have been.</summary>
    public static ChildProcessCounts Counts => Ledger.Counts;

    /// <summary>
    /// The children that have an owner, the exited ones included, and the trees that have none (any more): those being
    /// killed since their owner forgot them. The oldest first.
    /// </summary>
    /// <returns>The entries.</returns>
    public static IReadOnlyList<ChildProcessEntry> GetChildren()
    {
        HashSet<ProcessTree> trees = [.. Ledger.Owned()];
        foreach (Engine engine in HostExit.Engines)
        {
            trees.UnionWith(engine.Trees());
        }

        List<ChildProcessEntry> entries = new(trees.Count);
        foreach (ProcessTree tree in trees)
        {
            if (!tree.TryPin())
            {
                continue; // over a moment ago
            }

            if (tree.Id != 0) // else it is still being started
            {
                entries.Add(tree.ToEntry());
            }

            tree.Unpin();
        }

        entries.Sort(static (a, b) => a.StartTime.CompareTo(b.StartTime));
        return entries;
    }

    /// <summary>The children that were dropped without a disposal, as they were then; the last 256, the oldest first.</summary>
    /// <returns>The entries.</returns>
    public static IReadOnlyList<ChildProcessEntry> GetDropped() => Ledger.Dropped();

    /// <summary>
    /// Unix: the descriptors that the library keeps for the life of the process, whatever children come and go: the reactor's
    /// and those of <see cref="ChildProcessHost.Local"/>. A check for leaked descriptors leaves them out. Else empty.
    /// </summary>
    /// <returns>The numbers.</returns>
    public static IReadOnlyList<int> GetKeptDescriptors()
    {
        List<int> kept = [];
        if (Reactor.Descriptor is { } reactor)
        {
            kept.Add(reactor);
        }

        if (OperatingSystem.IsLinux())
        {
            Watchdog.AddKeptDescriptors(kept);
        }

        ChildProcessHost.LocalIfUsed?.AddKeptDescriptors(kept);
        return kept;
    }
}
