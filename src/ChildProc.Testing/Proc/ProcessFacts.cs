using System.Globalization;

namespace ChildProc.Testing.Proc;

/// <summary>What /proc/PID/stat tells of a process: proc(5).</summary>
internal sealed record ProcessFacts(int Id, int ParentId, char State, string Name, long StartTicks)
{
    private const int TicksPerSecond = 100; // USER_HZ, the same on every architecture that .NET has

    internal bool IsZombie => State is 'Z' or 'X';

    /// <summary>A guardian, supervisor or warden of the library.</summary>
    internal bool IsKeeper => Name.StartsWith("childproc-", StringComparison.Ordinal);

    internal TimeSpan Age
    {
        get
        {
            string uptime = ProcFile.Read("/proc/uptime").Split(' ')[0];
            return double.TryParse(uptime, CultureInfo.InvariantCulture, out double seconds)
                ? TimeSpan.FromSeconds(Math.Max(0, seconds - ((double)StartTicks / TicksPerSecond)))
                : TimeSpan.Zero;
        }
    }

    /// <summary>The command line with blanks between the words, or the name in brackets where there is none any more.</summary>
    internal string CommandLine
    {
        get
        {
            string text = ProcFile.Read(ProcFile.Path(Id, "cmdline")).TrimEnd('\0').Replace('\0', ' ');
            return text.Length > 0 ? text : $"[{Name}]";
        }
    }

    internal static ProcessFacts? Read(int id)
    {
        // The name stands in parentheses and may hold anything; the state follows the last one.
        string stat = ProcFile.Read(ProcFile.Path(id, "stat"));
        int open = stat.IndexOf('('), close = stat.LastIndexOf(')');
        if (open < 0 || close < open)
        {
            return null;
        }

        string[] rest = stat[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        const int State = 0, Parent = 1, StartTime = 19; // fields 3, 4 and 22
        return rest.Length <= StartTime
            ? null
            : new ProcessFacts(
                id,
                int.Parse(rest[Parent], CultureInfo.InvariantCulture),
                rest[State][0],
                stat[(open + 1)..close],
                long.Parse(rest[StartTime], CultureInfo.InvariantCulture));
    }
}
