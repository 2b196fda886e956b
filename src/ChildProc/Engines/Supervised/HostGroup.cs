using System.Globalization;
using System.Runtime.Versioning;

namespace ChildProc.Engines.Supervised;

/// <summary>Which process group the guardian belongs in.</summary>
/// <remarks>
/// Normally one of its own, so that a child's <c>kill -9 0</c> hits the host's group and not the keepers. The exception:
/// a host whose group is orphaned and has a terminal (a session leader: <c>docker run -it app</c>, <c>setsid app</c>).
/// The kernel never stops an orphaned group by Ctrl-Z, for nobody could continue it. A child in that group whose parent
/// sits in another group of the session would end that protection, and Ctrl-Z would stop the host for ever. There the
/// keepers stay in the host's group.
/// </remarks>
[SupportedOSPlatform("linux")]
internal static class HostGroup
{
    /// <summary>
    /// Also where the host's group lies outside of its PID namespace (bwrap --unshare-pid, unshare --pid): it has no
    /// number there, so a child could not join it from another group.
    /// </summary>
    internal static bool MustBeShared() => Interop.Libc.getpgrp() == 0 || IsOrphanedWithTerminal();

    internal static bool IsOrphanedWithTerminal()
    {
        if (!TryReadStat("self", out Stat self) || self.Terminal == 0)
        {
            return false;
        }

        // POSIX: a group is orphaned unless a member has its parent in the same session, but in another group.
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            string name = Path.GetFileName(directory);
            if (!char.IsAsciiDigit(name[0]) || !TryReadStat(name, out Stat member) || member.Group != self.Group)
            {
                continue;
            }

            if (TryReadStat(member.Parent.ToString(CultureInfo.InvariantCulture), out Stat parent)
                && parent.Session == self.Session && parent.Group != self.Group)
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryReadStat(string process, out Stat stat)
    {
        stat = default;
        string text;
        try
        {
            text = File.ReadAllText($"/proc/{process}/stat");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // it just ended, or is hidden from us
        }

        // The command may hold anything and ends at the last ')'. Then: state, ppid, pgrp, session, tty_nr (proc(5)).
        string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ', 6);
        if (fields.Length < 6)
        {
            return false;
        }

        stat = new Stat(Parse(fields[1]), Parse(fields[2]), Parse(fields[3]), Parse(fields[4]));
        return true;

        static int Parse(string field) => int.Parse(field, CultureInfo.InvariantCulture);
    }

    private readonly record struct Stat(int Parent, int Group, int Session, int Terminal);
}
