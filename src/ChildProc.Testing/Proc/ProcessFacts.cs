using System.Globalization;
using ChildProc.Interop;

namespace ChildProc.Testing.Proc;

/// <summary>A process, as /proc shows it.</summary>
internal sealed record ProcessFacts(ProcStat Stat)
{
    private const int TicksPerSecond = 100; // USER_HZ, the same on every architecture that .NET has

    internal int Id => Stat.Pid;

    /// <summary>A guardian, supervisor or warden of the library.</summary>
    internal bool IsKeeper => Stat.Name.StartsWith("childproc-", StringComparison.Ordinal);

    internal TimeSpan Age
    {
        get
        {
            string uptime = ProcFile.Text("/proc/uptime").Split(' ')[0];
            return double.TryParse(uptime, CultureInfo.InvariantCulture, out double seconds)
                ? TimeSpan.FromSeconds(Math.Max(0, seconds - ((double)Stat.Started / TicksPerSecond)))
                : TimeSpan.Zero;
        }
    }

    /// <summary>The command line with blanks between the words, or the name in brackets where there is none any more.</summary>
    internal string CommandLine
    {
        get
        {
            string text = ProcFile.Text(Id, "cmdline").TrimEnd('\0').Replace('\0', ' ');
            return text.Length > 0 ? text : $"[{Stat.Name}]";
        }
    }
}
