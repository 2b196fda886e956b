using System.Globalization;
using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Testing.Proc;

/// <summary>What /proc tells of this process: its children, its descriptors, its threads, and what its keepers hold.</summary>
[SupportedOSPlatform("linux")]
internal static class OwnProcess
{
    internal static IEnumerable<ProcessFacts> Children() => ChildrenOf(Environment.ProcessId);

    /// <summary>Every process that a guardian, supervisor or warden of this host holds, but for these themselves.</summary>
    internal static IEnumerable<ProcessFacts> HeldByKeepers()
    {
        Stack<int> parents = new();
        foreach (int id in ProcFile.Numbers("/proc"))
        {
            if (IsKeeperOfThis(id))
            {
                parents.Push(id);
            }
        }

        while (parents.TryPop(out int parent))
        {
            foreach (ProcessFacts child in ChildrenOf(parent).Where(static c => !c.IsKeeper && !c.Stat.IsDead))
            {
                parents.Push(child.Id);
                yield return child;
            }
        }
    }

    /// <summary>The open descriptors and what they point at.</summary>
    internal static IEnumerable<OpenDescriptor> Descriptors()
    {
        string self = string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd");
        foreach (int number in ProcFile.Numbers("/proc/self/fd"))
        {
            if (ProcFile.Link(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{number}")) is { } target && target != self) // not the one that lists them
            {
                yield return new OpenDescriptor(number, target);
            }
        }
    }

    internal static IEnumerable<(int Id, string Name)> Threads()
    {
        foreach (int id in ProcFile.Numbers("/proc/self/task"))
        {
            yield return (id, ProcFile.Text(string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{id}/comm")).TrimEnd('\n'));
        }
    }

    private static IEnumerable<ProcessFacts> ChildrenOf(int parent)
    {
        foreach (int id in ProcFile.Children(parent))
        {
            if (ProcStat.Read(id) is { } child)
            {
                yield return new ProcessFacts(child);
            }
        }
    }

    // They say in their command line whose they are.
    private static bool IsKeeperOfThis(int id)
        => ProcFile.Text(id, "comm").StartsWith("childproc-", StringComparison.Ordinal)
            && ProcFile.Text(id, "cmdline").Contains(
                string.Create(CultureInfo.InvariantCulture, $"(host {Environment.ProcessId})"), StringComparison.Ordinal);
}

/// <summary>An open descriptor and what it points at, as readlink(2) of /proc/self/fd shows it.</summary>
internal readonly record struct OpenDescriptor(int Number, string Target);
