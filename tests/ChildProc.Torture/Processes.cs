using System.Globalization;
using System.Runtime.InteropServices;

namespace ChildProc.Torture;

/// <summary>What /proc tells, and signals to what the library must not know about.</summary>
internal static partial class Processes
{
    internal const string MarkVariable = "CHILDPROC_TORTURE";

    /// <summary>The live processes with this mark in their environment, whoever their parents are. A zombie has none any more.</summary>
    internal static List<string> Marked(string mark)
    {
        byte[] needle = System.Text.Encoding.ASCII.GetBytes($"{MarkVariable}={mark}");
        List<string> found = [];
        foreach (int pid in All())
        {
            if (pid != Environment.ProcessId && Bytes(pid, "environ").AsSpan().IndexOf(needle) >= 0)
            {
                found.Add($"{pid} {Text(pid, "cmdline").Replace('\0', ' ')}");
            }
        }

        return found;
    }

    /// <summary>The keepers of a host: guardians first.</summary>
    internal static List<(int Pid, string Name)> KeepersOf(int host)
    {
        string needle = string.Create(CultureInfo.InvariantCulture, $"(host {host})");
        return [.. All()
            .Select(static pid => (Pid: pid, Name: Text(pid, "comm").TrimEnd('\n')))
            .Where(k => k.Name.StartsWith("childproc-", StringComparison.Ordinal) && Text(k.Pid, "cmdline").Contains(needle, StringComparison.Ordinal))
            .OrderBy(static k => k.Name, StringComparer.Ordinal)];
    }

    /// <summary>The guardians of the shared host, the present one and earlier ones that still have trees: by the host's pidfds of them.</summary>
    internal static List<int> SharedGuardians()
    {
        List<int> found = [];
        foreach (int descriptor in ChildProcessDiagnostics.GetKeptDescriptors())
        {
            const string Field = "Pid:"; // of a pidfd, proc(5); -1 when it is gone
            string text = Text(Environment.ProcessId, string.Create(CultureInfo.InvariantCulture, $"fdinfo/{descriptor}"));
            int at = text.IndexOf(Field, StringComparison.Ordinal);
            if (at >= 0 && int.Parse(text[(at + Field.Length)..].Split('\n')[0], NumberStyles.Integer, CultureInfo.InvariantCulture) is > 1 and int pid)
            {
                found.Add(pid);
            }
        }

        return found;
    }

    internal static int ParentOf(int pid)
    {
        string stat = Text(pid, "stat");
        int close = stat.LastIndexOf(')');
        return close < 0 ? 0 : int.Parse(stat[(close + 4)..].Split(' ')[0], CultureInfo.InvariantCulture);
    }

    internal static bool IsAlive(int pid) => Text(pid, "stat") is { Length: > 0 } stat && stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');

    /// <summary>SIGKILL. False when it is gone.</summary>
    internal static bool Kill(int pid)
    {
        if (pid <= 1)
        {
            throw new WrongException($"{pid} is nobody to kill");
        }

        return kill(pid, 9) == 0;
    }

    private static IEnumerable<int> All()
    {
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
            {
                yield return pid;
            }
        }
    }

    private static string Text(int pid, string name) => System.Text.Encoding.UTF8.GetString(Bytes(pid, name));

    private static byte[] Bytes(int pid, string name)
    {
        try
        {
            return File.ReadAllBytes($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/{name}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // it just ended
        }
    }

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);
}
