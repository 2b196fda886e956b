using System.Globalization;
using System.Runtime.Versioning;

namespace ChildProc.Interop;

/// <summary>What /proc tells of other processes: proc(5). All answers are of a moment ago; a process that is gone has none.</summary>
[SupportedOSPlatform("linux")]
internal static class ProcFs
{
    /// <summary>The children of every thread of a process.</summary>
    internal static List<int> Children(int pid)
    {
        List<int> children = [];
        string tasks = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/task");
        try
        {
            foreach (string task in Directory.EnumerateDirectories(tasks))
            {
                foreach (string child in Read(task + "/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    children.Add(int.Parse(child, CultureInfo.InvariantCulture));
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }

        return children;
    }

    /// <summary>All descendants, parents before children.</summary>
    internal static List<int> Descendants(int pid)
    {
        List<int> all = Children(pid);
        for (int i = 0; i < all.Count; i++)
        {
            all.AddRange(Children(all[i]));
        }

        return all;
    }

    /// <summary>Those of the processes, or else of all that can be seen, that have a descriptor of this name; not this process.</summary>
    internal static List<int> HoldersOf(string link, IReadOnlyCollection<int> first)
    {
        List<int> holders = [.. first.Where(pid => Holds(pid, link))];
        return holders.Count > 0 ? holders : [.. Processes().Where(pid => pid != Environment.ProcessId && Holds(pid, link))];
    }

    private static IEnumerable<int> Processes()
    {
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
            {
                yield return pid;
            }
        }
    }

    /// <summary>The process has a descriptor of this name, as /proc/PID/fd shows it.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="link">The name.</param>
    /// <param name="whenHidden">The answer where one may not look.</param>
    internal static bool Holds(int pid, string link, bool whenHidden = false)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd"))
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
    internal static string? Command(int pid)
        => Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/comm")) is { Length: > 0 } text ? text.TrimEnd('\n') : null;

    /// <summary>"pid state command" for messages, or null when it is gone.</summary>
    internal static string? Describe(int pid)
    {
        // The command stands in parentheses and may hold anything; the state follows the last one.
        string stat = Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
        int open = stat.IndexOf('('), close = stat.LastIndexOf(')');
        return open < 0 || close < open || close + 2 >= stat.Length
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{pid} {stat[close + 2]} {stat[(open + 1)..close]}");
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
