using ChildProc.Interop;

namespace ChildProc.Tests.Infrastructure;

/// <summary>
/// A mark in the environment of a tree, by which its members are found whoever their parents are. Whatever is left when a
/// test ends is killed, so a failing test leaves nothing.
/// </summary>
internal sealed class Marker : IDisposable
{
    private const string Variable = "CHILDPROC_TEST_MARKER";

    private readonly byte[] _needle;

    private Marker()
    {
        Value = Guid.NewGuid().ToString("N");
        _needle = System.Text.Encoding.ASCII.GetBytes($"{Variable}={Value}");
    }

    internal string Value { get; }

    internal static Marker Create() => new();

    internal ChildProcessStartInfo Mark(ChildProcessStartInfo info) => new(info)
    {
        Environment = new Dictionary<string, string?>(info.Environment) { [Variable] = Value },
    };

    /// <summary>The live members: a zombie has no environment any more.</summary>
    internal List<int> Survivors()
    {
        if (OperatingSystem.IsWindows())
        {
            return WindowsProcesses.Having($"{Variable}={Value}");
        }

        return ProcFile.Numbers("/proc").FindAll(pid => ProcFile.Bytes(pid, "environ").AsSpan().IndexOf(_needle) >= 0);
    }

    /// <summary>The live members, when there are so many.</summary>
    /// <remarks>
    /// A start is over when the exec has closed what was to be closed. Its environment the kernel shows a moment later, to anybody
    /// (create_elf_tables of fs/binfmt_elf.c), and to another user than root when the new memory is no longer that of a keeper
    /// (begin_new_exec of fs/exec.c): what was started just now may not be seen yet.
    /// </remarks>
    internal async Task<List<int>> SurvivorsAsync(int count)
    {
        List<int> survivors = [];
        await Eventually.HoldsAsync(() => (survivors = Survivors()).Count == count, $"{count} processes are seen");
        return survivors;
    }

    internal void AssertGone() => Assert.Empty(Survivors().ConvertAll(pid => ProcFs.Describe(pid) ?? $"pid {pid}"));

    public void Dispose()
    {
        foreach (int pid in Survivors())
        {
            if (OperatingSystem.IsWindows())
            {
                WindowsProcesses.Kill(pid);
            }
            else
            {
                Mono.Unix.Native.Syscall.kill(pid, Mono.Unix.Native.Signum.SIGKILL);
            }
        }
    }
}
