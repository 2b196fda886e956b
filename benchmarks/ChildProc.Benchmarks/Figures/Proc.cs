using System.Globalization;
using System.Text;

namespace ChildProc.Benchmarks;

/// <summary>Processes as /proc shows them.</summary>
internal static class Proc
{
    /// <summary>Those that are alive and have the text in a file of theirs, such as <c>environ</c> or <c>cmdline</c>.</summary>
    internal static List<int> With(string file, string text)
    {
        byte[] needle = Encoding.UTF8.GetBytes(text);
        return [.. All().Where(pid => Read(pid, file).AsSpan().IndexOf(needle) >= 0)]; // a zombie has neither file
    }

    internal static List<int> SupervisorsHere() => [.. With("cmdline", $"(host {Environment.ProcessId})").Where(static pid => Encoding.UTF8.GetString(Read(pid, "comm")) == "childproc-super\n")];

    /// <summary>Memory that no other process shares, in kilobytes.</summary>
    internal static int UnsharedKilobytes(int pid)
    {
        int sum = 0;
        foreach (string line in Encoding.UTF8.GetString(Read(pid, "smaps_rollup")).Split('\n'))
        {
            if (line.StartsWith("Private_Clean:", StringComparison.Ordinal) || line.StartsWith("Private_Dirty:", StringComparison.Ordinal))
            {
                sum += int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
            }
        }

        return sum;
    }

    private static IEnumerable<int> All()
        => Directory.EnumerateDirectories("/proc").Select(static path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out int pid) ? pid : 0)
            .Where(static pid => pid > 0);

    private static byte[] Read(int pid, string file)
    {
        try
        {
            return File.ReadAllBytes($"/proc/{pid}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // it has ended
        }
    }
}
