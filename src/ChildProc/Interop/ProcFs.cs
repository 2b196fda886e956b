using System.Globalization;
using System.Runtime.Versioning;

namespace ChildProc.Interop;

/// <summary>What /proc tells of other processes: proc(5). All answers are of a moment ago; a process that is gone has none.</summary>
[SupportedOSPlatform("linux")]
internal static class ProcFs
{
    /// <summary>All descendants, parents before children.</summary>
    internal static List<int> Descendants(int pid)
    {
        List<int> all = ProcFile.IsOurs() ? ProcFile.Children(pid) : [];
        for (int i = 0; i < all.Count; i++)
        {
            all.AddRange(ProcFile.Children(all[i]));
        }

        return all;
    }

    /// <summary>Those of the processes, or else of all that can be seen, that have a descriptor of this name; not this process.</summary>
    internal static List<int> HoldersOf(string link, IReadOnlyCollection<int> first)
    {
        if (!ProcFile.IsOurs())
        {
            return [];
        }

        List<int> holders = [.. first.Where(pid => Holds(pid, link))];
        return holders.Count > 0 ? holders : [.. ProcFile.Numbers("/proc").Where(pid => pid != Environment.ProcessId && Holds(pid, link))];
    }

    /// <summary>The process has a descriptor of this name, as /proc/PID/fd shows it.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="link">The name.</param>
    /// <param name="whenHidden">The answer where one may not look.</param>
    internal static bool Holds(int pid, string link, bool whenHidden = false)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(ProcFile.Path(pid, "fd"))
                .Any(path => new FileInfo(path).LinkTarget == link);
        }
        catch (IOException)
        {
            return false; // it is gone
        }
        catch (UnauthorizedAccessException)
        {
            return whenHidden;
        }
    }

    /// <summary>The command name of a process, at most 15 characters, or null.</summary>
    internal static string? Command(int pid) => ProcFile.Text(pid, "comm") is { Length: > 0 } text ? text.TrimEnd('\n') : null;

    /// <summary>"pid state command" for messages, or null when it is gone.</summary>
    internal static string? Describe(int pid)
        => ProcStat.Read(pid) is { } stat ? string.Create(CultureInfo.InvariantCulture, $"{pid} {stat.State} {stat.Name}") : null;
}
