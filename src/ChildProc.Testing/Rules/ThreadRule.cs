using System.Globalization;
using System.Runtime.Versioning;
using ChildProc.Testing.Proc;

namespace ChildProc.Testing.Rules;

/// <summary>
/// Threads of the library. It keeps one reactor from the first start to the end of the process, and one sweeper from the first
/// child that is the process's own.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class ThreadRule
{
    private const string Prefix = "ChildProc";
    private static readonly string[] s_kept = ["ChildProc react", "ChildProc sweep"]; // the system keeps 15 characters

    internal static IEnumerable<Leak> Find(Snapshot before)
    {
        (int Id, string Name)[] own = [.. OwnProcess.Threads().Where(static t => t.Name.StartsWith(Prefix, StringComparison.Ordinal))];
        int[] kept = Array.ConvertAll(s_kept, name => Array.FindIndex(own, t => t.Name == name)); // one of each
        return own
            .Where((t, i) => !kept.Contains(i) && !before.HasThread(t.Id))
            .Select(static t => new Leak(LeakKind.Thread, t.Name, string.Create(CultureInfo.InvariantCulture, $"thread {t.Id}: {t.Name}")));
    }
}
