using System.Globalization;
using ChildProc.Interop;

namespace ChildProc.Tests.Infrastructure;

/// <summary>What the kernel tells of a process that writes into a pipe.</summary>
/// <remarks>
/// How much a pipe holds is no constant: sixteen pages, of 4 to 64 KiB each; a user whose pipes have used up the share of
/// pipe-user-pages-soft, pipe(7), gets ones of two pages. So tests wait for the writer to be held and do not count bytes.
/// </remarks>
internal static class HeldWriter
{
    /// <summary>What a pipe holds at most that nobody has made larger.</summary>
    internal static int PipeSize { get; } = 16 * Environment.SystemPageSize;

    /// <summary>More bytes than any pipe holds, whatever the size of a page; also one that the library has made larger.</summary>
    internal const int MoreThanAPipe = 4_000_000;

    /// <summary>It sleeps in its write, as /proc/PID/wchan has it: pipe_write, or anon_pipe_write since Linux 6.15.</summary>
    internal static Task BlocksAsync(int pid)
    {
        long written = -1;
        return Eventually.HoldsAsync(
            () =>
            {
                string place = ProcFile.Text(pid, "wchan");
                if (place is not ("" or "0"))
                {
                    return place.EndsWith("pipe_write", StringComparison.Ordinal);
                }

                // A kernel without the names of its functions (CONFIG_KALLSYMS): it sleeps, and has written nothing since the last look.
                (long before, written) = (written, Written(pid));
                return written > 0 && written == before && ProcStat.Read(pid)?.State == 'S';
            },
            $"{pid} sleeps in its write");
    }

    /// <summary>The bytes that its writes have handed over so far.</summary>
    internal static long Written(int pid)
        => long.Parse(Array.Find(File.ReadAllLines($"/proc/{pid}/io"), static l => l.StartsWith("wchar:", StringComparison.Ordinal))!.Split(' ')[1], CultureInfo.InvariantCulture);
}
