using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

[assembly: AssemblyFixture(typeof(SuiteEnd))]

namespace ChildProc.Tests.Infrastructure;

/// <summary>When all tests are over, the test process itself has leaked nothing.</summary>
public sealed class SuiteEnd : IAsyncDisposable
{
    private readonly int _before = Plumbing().Count;

    public async ValueTask DisposeAsync()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        List<int> children = [];
        await Eventually.HoldsAsync(
            () =>
            {
                children = ProcFs.Children(Environment.ProcessId);
                return children.Count == 0;
            },
            $"no child of the test process is left: {string.Join("; ", children.ConvertAll(c => ProcFs.Describe(c) ?? "gone"))}");

        // Keepers are nobody's children here, so what they hold is looked for by itself.
        List<string> held = [];
        await Eventually.HoldsAsync(
            () =>
            {
                List<int> keepers = Keepers.OfHost(Environment.ProcessId);
                held = keepers.SelectMany(ProcFs.Children).Except(keepers).Select(static p => ProcFs.Describe(p) ?? "gone").ToList();
                return held.Count == 0;
            },
            $"no keeper of the test process holds a tree: {string.Join("; ", held)}");

        // The shared host keeps: one epoll, a request socket, a control socket, a pidfd; where it has children of its own or
        // detached ones, their program, the pipe of the watchdog, and its pidfd. The runtime's own socket engine
        // and console may open a few more on first use.
        const int Kept = 7, Runtime = 3;
        List<string> plumbing = Plumbing();
        Assert.True(plumbing.Count <= _before + Kept + Runtime, "Descriptors are left: " + string.Join(", ", plumbing));

        int reactors = Directory.EnumerateDirectories("/proc/self/task").Count(t => File.ReadAllText(t + "/comm").StartsWith("ChildProc react", StringComparison.Ordinal));
        Assert.InRange(reactors, 0, 1);
    }

    private static List<string> Plumbing()
    {
        List<string> all = [];
        foreach (string path in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
        {
            string target = new FileInfo(path).LinkTarget ?? "";
            if (target.StartsWith("pipe:", StringComparison.Ordinal) || target.StartsWith("socket:", StringComparison.Ordinal)
                || target.StartsWith("anon_inode:", StringComparison.Ordinal) || target.Contains("childproc", StringComparison.Ordinal)
                || target.EndsWith("/ptmx", StringComparison.Ordinal))
            {
                all.Add($"{Path.GetFileName(path)} {target}");
            }
        }

        return all;
    }
}
