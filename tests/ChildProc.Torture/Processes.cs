using System.Globalization;
using System.Runtime.InteropServices;
using ChildProc.Interop;

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
        foreach (int pid in ProcFile.Numbers("/proc"))
        {
            if (pid != Environment.ProcessId && ProcFile.Bytes(pid, "environ").AsSpan().IndexOf(needle) >= 0)
            {
                found.Add($"{pid} {ProcFile.Text(pid, "cmdline").Replace('\0', ' ')}");
            }
        }

        return found;
    }

    /// <summary>The keepers of a host: guardians first.</summary>
    internal static List<(int Pid, string Name)> KeepersOf(int host)
    {
        string needle = string.Create(CultureInfo.InvariantCulture, $"(host {host})");
        return [.. ProcFile.Numbers("/proc")
            .Select(static pid => (Pid: pid, Name: ProcFile.Text(pid, "comm").TrimEnd('\n')))
            .Where(k => k.Name.StartsWith("childproc-", StringComparison.Ordinal) && ProcFile.Text(k.Pid, "cmdline").Contains(needle, StringComparison.Ordinal))
            .OrderBy(static k => k.Name, StringComparer.Ordinal)];
    }

    /// <summary>The guardians of the shared host, the present one and earlier ones that still have trees: by the host's pidfds of them.</summary>
    internal static List<int> SharedGuardians()
    {
        List<int> found = [];
        foreach (int descriptor in ChildProcessDiagnostics.GetKeptDescriptors())
        {
            const string Field = "Pid:"; // of a pidfd, proc(5); -1 when it is gone
            string text = ProcFile.Text(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{descriptor}"));
            int at = text.IndexOf(Field, StringComparison.Ordinal);
            if (at >= 0 && int.Parse(text[(at + Field.Length)..].Split('\n')[0], NumberStyles.Integer, CultureInfo.InvariantCulture) is > 1 and int pid)
            {
                found.Add(pid);
            }
        }

        return found;
    }

    internal static int ParentOf(int pid) => ProcStat.Read(pid)?.Parent ?? 0;

    internal static bool IsAlive(int pid) => ProcStat.Read(pid) is { IsDead: false };

    /// <summary>SIGKILL. False when it is gone.</summary>
    internal static bool Kill(int pid)
    {
        if (pid <= 1)
        {
            throw new WrongException($"{pid} is nobody to kill");
        }

        return kill(pid, 9) == 0;
    }

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);
}
