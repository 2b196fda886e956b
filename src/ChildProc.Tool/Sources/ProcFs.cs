using System.Globalization;
using System.Text;

namespace ChildProc.Tool.Sources;

/// <summary>A line of /proc/PID/stat, as far as it is needed.</summary>
internal readonly record struct ProcStat(int Pid, string Comm, char State, int Parent, int Session, long StartTicks)
{
    internal bool IsZombie => State is 'Z' or 'X';
}

/// <summary>/proc, read without exceptions for processes that have just ended.</summary>
internal static class ProcFs
{
    internal static ProcStat? Stat(int pid)
    {
        if (Read($"/proc/{pid}/stat") is not { } bytes)
            return null;
        string text = Encoding.Latin1.GetString(bytes);
        // The name may contain spaces and parentheses; it ends with the last one.
        int open = text.IndexOf('('), close = text.LastIndexOf(')');
        string[] fields = close < 0 ? [] : text[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return open < 0 || fields.Length < 20 ? null
            : new(pid, text[(open + 1)..close], fields[0][0], Int(fields[1]), Int(fields[3]), long.Parse(fields[19], CultureInfo.InvariantCulture));
    }

    /// <summary>The command line with spaces, or the name in brackets.</summary>
    internal static string Command(int pid, string? comm = null)
    {
        byte[]? bytes = Read($"/proc/{pid}/cmdline");
        if (bytes is not { Length: > 0 })
            return comm is null ? "" : $"[{comm}]";
        string text = Encoding.UTF8.GetString(bytes).TrimEnd('\0').Replace('\0', ' ');
        return text.Length > 256 ? text[..255] + "…" : text;
    }

    /// <summary>Every process with its stat line.</summary>
    internal static Dictionary<int, ProcStat> All()
    {
        Dictionary<int, ProcStat> all = [];
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(directory.AsSpan("/proc/".Length), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && Stat(pid) is { } stat)
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

    /// <summary>The children of a process by its own list; exact only while nobody forks or ends. CONFIG_PROC_CHILDREN.</summary>
    internal static List<int> Children(int pid)
    {
        List<int> found = [];
        string[] tasks;
        try
        {
            tasks = Directory.GetDirectories($"/proc/{pid}/task");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return found;
        }

        foreach (string task in tasks)
        {
            foreach (string word in Encoding.ASCII.GetString(Read(task + "/children") ?? []).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                found.Add(Int(word));
        }

        return found;
    }

    /// <summary>Its descriptors and what they refer to; those of a pidfd name the process: <c>pid:N</c>, or -1 once it is reaped.</summary>
    internal static List<(int Fd, string Target)> Descriptors(int pid)
    {
        List<(int, string)> found = [];
        try
        {
            foreach (string path in Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd"))
            {
                if (int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out int fd) && Link(path) is { } target)
                    found.Add((fd, target == "anon_inode:[pidfd]" ? $"pid:{Field($"/proc/{pid}/fdinfo/{fd}", "Pid:")}" : target));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended, or belongs to somebody else.
        }

        found.Sort();
        return found;
    }

    /// <summary>The field of a file of lines such as <c>Name:	value</c>.</summary>
    internal static string? Field(string path, string name)
    {
        foreach (string line in Encoding.Latin1.GetString(Read(path) ?? []).Split('\n'))
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
                return line[name.Length..].Trim();
        }

        return null;
    }

    internal static int TracerOf(int pid) => int.TryParse(Field($"/proc/{pid}/status", "TracerPid:"), NumberStyles.None, CultureInfo.InvariantCulture, out int tracer) ? tracer : 0;

    /// <summary>The signals that a process ignores, one bit each.</summary>
    internal static ulong Ignored(int pid) => ulong.TryParse(Field($"/proc/{pid}/status", "SigIgn:"), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong set) ? set : 0;

    private static string? Link(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static byte[]? Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
