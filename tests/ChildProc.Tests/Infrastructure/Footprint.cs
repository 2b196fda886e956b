using System.Globalization;

namespace ChildProc.Tests.Infrastructure;

/// <summary>What the test process holds.</summary>
internal readonly record struct Footprint(int Descriptors, int Threads, long ManagedBytes, long ResidentBytes)
{
    internal static Footprint Now()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        string resident = Array.Find(File.ReadAllLines("/proc/self/status"), static l => l.StartsWith("VmRSS:", StringComparison.Ordinal))!;
        return new Footprint(
            Directory.GetFileSystemEntries("/proc/self/fd").Length,
            Directory.GetDirectories("/proc/self/task").Length,
            GC.GetTotalMemory(forceFullCollection: true),
            long.Parse(resident.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024);
    }

    /// <summary>Other tests run beside this one, so the bounds are far above noise and far below any leak per operation.</summary>
    internal void AssertFlatSince(Footprint before)
    {
        Assert.InRange(Descriptors, 0, before.Descriptors + 300);
        Assert.InRange(Threads, 0, before.Threads + 40);
        Assert.InRange(ManagedBytes, 0, before.ManagedBytes + (30 << 20));
        Assert.InRange(ResidentBytes, 0, before.ResidentBytes + (150 << 20));
    }
}
