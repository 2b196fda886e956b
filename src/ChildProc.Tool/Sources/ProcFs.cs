using System.Globalization;
using ChildProc.Interop;

namespace ChildProc.Tool.Sources;

/// <summary>What /proc tells of processes; one that has just ended has nothing to tell.</summary>
internal static class ProcFs
{
    /// <summary>The command line with spaces, or the name in brackets.</summary>
    internal static string Command(int pid, string? comm = null)
    {
        string text = ProcFile.Text(pid, "cmdline").TrimEnd('\0').Replace('\0', ' ');
        if (text.Length == 0)
            return comm is null ? "" : $"[{comm}]";
        return text.Length > 256 ? text[..255] + "…" : text;
    }

    /// <summary>Every process with its stat line.</summary>
    internal static Dictionary<int, ProcStat> All()
    {
        Dictionary<int, ProcStat> all = [];
        foreach (int pid in ProcFile.Numbers("/proc"))
        {
            if (ProcStat.Read(pid) is { } stat)
                all[pid] = stat;
        }

        return all;
    }

    /// <summary>The descendants of a process, parents first.</summary>
    internal static List<ProcStat> Descendants(int ancestor)
    {
        ILookup<int, ProcStat> children = All().Values.ToLookup(static s => s.Parent);
        List<ProcStat> found = [];
        Queue<int> todo = new([ancestor]);
        while (todo.TryDequeue(out int pid))
        {
            foreach (ProcStat child in children[pid])
            {
                found.Add(child);
                todo.Enqueue(child.Pid);
            }
        }

        return found;
    }

    /// <summary>Its descriptors and what they refer to; those of a pidfd name the process: <c>pid:N</c>, or -1 once it is reaped.</summary>
    internal static List<(int Fd, string Target)> Descriptors(int pid)
    {
        List<(int, string)> found = [];
        foreach (int fd in ProcFile.Numbers(ProcFile.Path(pid, "fd")))
        {
            if (ProcFile.Link($"/proc/{pid}/fd/{fd}") is { } target)
                found.Add((fd, target == "anon_inode:[pidfd]" ? $"pid:{Field($"/proc/{pid}/fdinfo/{fd}", "Pid:")}" : target));
        }

        found.Sort();
        return found;
    }

    /// <summary>The field of a file of lines such as <c>Name:	value</c>.</summary>
    internal static string? Field(string path, string name)
    {
        foreach (string line in ProcFile.Text(path).Split('\n'))
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
                return line[name.Length..].Trim();
        }

        return null;
    }

    internal static int TracerOf(int pid) => int.TryParse(Field($"/proc/{pid}/status", "TracerPid:"), NumberStyles.None, CultureInfo.InvariantCulture, out int tracer) ? tracer : 0;

    /// <summary>The signals that a process ignores, one bit each.</summary>
    internal static ulong Ignored(int pid) => ulong.TryParse(Field($"/proc/{pid}/status", "SigIgn:"), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong set) ? set : 0;
}
