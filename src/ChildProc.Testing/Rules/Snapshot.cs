using ChildProc.Interop;
using ChildProc.Testing.Proc;

namespace ChildProc.Testing.Rules;

/// <summary>What there is at the beginning of a check: none of it is a leak of what follows.</summary>
internal sealed class Snapshot
{
    private readonly HashSet<(int Id, long Started)> _processes = [];
    private readonly HashSet<OpenDescriptor> _descriptors = [];
    private readonly HashSet<int> _threads = [];
    private readonly HashSet<(int Id, DateTimeOffset StartTime)> _owned = [];
    private readonly HashSet<ChildProcessEntry> _dropped = [];

    private Snapshot()
    {
    }

    /// <summary>Nothing was there, and descriptors and threads cannot be told apart.</summary>
    internal static Snapshot Empty { get; } = new();

    internal static Snapshot Take(bool processWide)
    {
        Snapshot snapshot = new();
        snapshot._owned.UnionWith(ChildProcessDiagnostics.GetChildren().Select(static e => (e.Id, e.StartTime)));
        snapshot._dropped.UnionWith(ChildProcessDiagnostics.GetDropped());
        if (processWide && ProcFile.IsOurs())
        {
            snapshot._processes.UnionWith(OwnProcess.Children().Concat(OwnProcess.HeldByKeepers()).Select(static p => (p.Id, p.Stat.Started)));
            snapshot._descriptors.UnionWith(OwnProcess.Descriptors());
            snapshot._threads.UnionWith(OwnProcess.Threads().Select(static t => t.Id));
        }

        return snapshot;
    }

    internal bool Has(ProcessFacts process) => _processes.Contains((process.Id, process.Stat.Started));

    internal bool Has(OpenDescriptor descriptor) => _descriptors.Contains(descriptor);

    internal bool HasThread(int id) => _threads.Contains(id);

    internal bool HasOwned(ChildProcessEntry entry) => _owned.Contains((entry.Id, entry.StartTime));

    internal bool HasDropped(ChildProcessEntry entry) => _dropped.Contains(entry);
}
