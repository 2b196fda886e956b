using System.Globalization;
using ChildProc.Interop;

namespace ChildProc.Tests.Infrastructure;

/// <summary>What this process may do, capabilities(7). That it is root says little: a container's has a few of them, or none.</summary>
internal static class Privileges
{
    internal const string OtherIdentity = "CAP_SETUID, CAP_SETGID and a user namespace with that user are needed to give a child another identity";

    /// <summary>To look into processes that are not dumpable, and to copy their descriptors: ptrace(2).</summary>
    internal static bool MayTraceAnybody => Has(19 /* CAP_SYS_PTRACE */);

    /// <summary>To become this user and this group, from root and back: credentials(7), user_namespaces(7).</summary>
    internal static bool MayBecome(uint user)
        => Mono.Unix.Native.Syscall.geteuid() == 0 && Has(6 /* CAP_SETGID */) && Has(7 /* CAP_SETUID */) && IsMapped("uid_map", user) && IsMapped("gid_map", user);

    private static bool Has(int capability) => (ulong.Parse(Status("CapEff:"), NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> capability & 1) != 0;

    /// <summary>A line of /proc/self/status.</summary>
    internal static string Status(string title)
        => Array.Find(File.ReadAllLines("/proc/self/status"), line => line.StartsWith(title, StringComparison.Ordinal))?[title.Length..].Trim() ?? "0";

    // Lines of: the first number inside, the first outside, how many.
    private static bool IsMapped(string map, uint id) => ProcFile.Text($"/proc/self/{map}").Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(static line => Array.ConvertAll(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), static n => ulong.Parse(n, CultureInfo.InvariantCulture)))
        .Any(range => id >= range[0] && id - range[0] < range[2]);
}
