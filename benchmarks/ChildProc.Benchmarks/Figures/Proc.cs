using System.Globalization;
using System.Text;
using ChildProc.Interop;

namespace ChildProc.Benchmarks;

/// <summary>Processes as /proc shows them.</summary>
internal static class Proc
{
    /// <summary>Those that are alive and have the text in a file of theirs, such as <c>environ</c> or <c>cmdline</c>.</summary>
    internal static List<int> With(string file, string text)
    {
        byte[] needle = Encoding.UTF8.GetBytes(text);
        return [.. ProcFile.Numbers("/proc").Where(pid => ProcFile.Bytes(pid, file).AsSpan().IndexOf(needle) >= 0)]; // a zombie has neither file
    }

    internal static List<int> SupervisorsHere() => [.. With("cmdline", $"(host {Environment.ProcessId})").Where(static pid => ProcFile.Text(pid, "comm") == "childproc-super\n")];

    /// <summary>Memory that no other process shares, in kilobytes.</summary>
    internal static int UnsharedKilobytes(int pid)
    {
        int sum = 0;
        foreach (string line in ProcFile.Text(pid, "smaps_rollup").Split('\n'))
        {
            if (line.StartsWith("Private_Clean:", StringComparison.Ordinal) || line.StartsWith("Private_Dirty:", StringComparison.Ordinal))
            {
                sum += int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
            }
        }

        return sum;
    }
}
