using System.Globalization;

namespace ChildProc.Tests.Infrastructure;

/// <summary>What the kernel tells of a process that writes into a pipe.</summary>
/// <remarks>
/// How much a pipe holds is no constant: a user whose pipes have used up the share of pipe-user-pages-soft, pipe(7),
/// gets ones of two pages. So tests wait for the writer to be held and do not count bytes.
/// </remarks>
internal static class HeldWriter
{
    /// <summary>As /proc/PID/wchan has it: pipe_write, or anon_pipe_write since Linux 6.15.</summary>
    internal static Task BlocksAsync(int pid)
        => Eventually.HoldsAsync(() => File.ReadAllText($"/proc/{pid}/wchan").EndsWith("pipe_write", StringComparison.Ordinal), $"{pid} sleeps in its write");

    /// <summary>The bytes that its writes have handed over so far.</summary>
    internal static long Written(int pid)
        => long.Parse(Array.Find(File.ReadAllLines($"/proc/{pid}/io"), static l => l.StartsWith("wchar:", StringComparison.Ordinal))!.Split(' ')[1], CultureInfo.InvariantCulture);
}
