using System.Globalization;
using ChildProc;

/// <summary>What this process has of everything, garbage excluded.</summary>
/// <param name="Descriptors">Open ones, without the assemblies, which the runtime loads when it needs them.</param>
/// <param name="Threads">Those that are not the runtime's own.</param>
/// <param name="PoolThreads">The runtime's own, which come and go as there is work.</param>
/// <param name="Owned">Children that were neither disposed nor finalized.</param>
/// <param name="Managed">Bytes of managed objects.</param>
/// <param name="Resident">Bytes of memory that no file stands for.</param>
internal readonly record struct Footprint(int Descriptors, int Threads, int PoolThreads, long Owned, long Managed, long Resident)
{
    internal static Footprint Now()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        ChildProcessCounts children = ChildProcessDiagnostics.Counts;
        (int own, int pool) = CountThreads();
        return new Footprint(
            CountDescriptors(), own, pool, children.Started - children.Disposed - children.Finalized,
            GC.GetTotalMemory(forceFullCollection: true), Kilobytes(Environment.ProcessId, "RssAnon:") * 1024);
    }

    /// <summary>The least of both of everything: what is under way for a moment only adds.</summary>
    internal static Footprint Least(Footprint a, Footprint b) => new(
        Math.Min(a.Descriptors, b.Descriptors), Math.Min(a.Threads, b.Threads), Math.Min(a.PoolThreads, b.PoolThreads),
        Math.Min(a.Owned, b.Owned), Math.Min(a.Managed, b.Managed), Math.Min(a.Resident, b.Resident));

    public static Footprint operator -(Footprint a, Footprint b) => new(
        a.Descriptors - b.Descriptors, a.Threads - b.Threads, a.PoolThreads - b.PoolThreads,
        a.Owned - b.Owned, a.Managed - b.Managed, a.Resident - b.Resident);

    internal static long Kilobytes(int pid, string field)
    {
        string line = Array.Find(File.ReadAllLines($"/proc/{pid}/status"), l => l.StartsWith(field, StringComparison.Ordinal)) ?? "x 0";
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static int CountDescriptors() => Directory.GetFileSystemEntries("/proc/self/fd")
        .Count(static f => new FileInfo(f).LinkTarget is { Length: > 0 } target && !target.Contains(".dll", StringComparison.Ordinal)); // "(deleted)" where they were built again

    private static (int Own, int Pool) CountThreads()
    {
        int own = 0, pool = 0;
        foreach (string directory in Directory.GetDirectories("/proc/self/task"))
        {
            try
            {
                _ = File.ReadAllText(directory + "/comm").StartsWith(".NET ", StringComparison.Ordinal) ? pool++ : own++;
            }
            catch (IOException)
            {
                // it just ended
            }
        }

        return (own, pool);
    }
}
