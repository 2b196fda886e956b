using System.Collections.Concurrent;
using System.Reflection;

namespace ChildProc.Torture;

/// <summary>What all workers of a run share.</summary>
internal sealed class Run(Options options)
{
    private long _trees, _dropped, _lastGuardian;
    private int _guardianServes = 1;

    internal Options Options { get; } = options;

    internal static string Puppet { get; } = Path.GetFullPath(
        typeof(Run).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(static a => a.Key == "PuppetPath").Value!);

    /// <summary>In the environment of everything that the run starts.</summary>
    internal string Mark { get; } = Guid.NewGuid().ToString("N");

    internal ConcurrentDictionary<string, long> Done { get; } = new(StringComparer.Ordinal);

    internal ConcurrentQueue<string> Wrong { get; } = new();

    internal LastMessages Log { get; } = new();

    /// <summary>Hosts that were killed: nothing of theirs may be left.</summary>
    internal ConcurrentQueue<int> KilledHosts { get; } = new();

    /// <summary>How long a process of a killed host was still seen after the host was reaped, each time.</summary>
    internal ConcurrentQueue<TimeSpan> HostDeaths { get; } = new();

    internal long Trees => Volatile.Read(ref _trees);

    internal long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Not too often: a start goes to five guardians at most, and may fail when they all die under it.</summary>
    internal bool MayKillGuardian()
    {
        const long Pause = 250;
        long now = Environment.TickCount64, last = Volatile.Read(ref _lastGuardian);
        return now - last >= Pause && Interlocked.CompareExchange(ref _guardianServes, 0, 1) == 1 && Interlocked.CompareExchange(ref _lastGuardian, now, last) == last;
    }

    /// <summary>A start has gone through since the last was killed: without that, a busy machine has no guardian in the pause.</summary>
    internal void GuardianServes() => Volatile.Write(ref _guardianServes, 1);

    internal void CountTree() => Interlocked.Increment(ref _trees);

    internal void CountDropped() => Interlocked.Increment(ref _dropped);
}
