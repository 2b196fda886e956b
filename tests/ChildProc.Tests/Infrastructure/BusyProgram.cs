using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using ChildProc.Interop;
using Microsoft.Win32.SafeHandles;
using Mono.Unix.Native;

namespace ChildProc.Tests.Infrastructure;

/// <summary>A program whose exec takes as long as a test needs.</summary>
/// <remarks>
/// It is open for writing (ETXTBSY), so whoever executes it tries again for about a second; and the process that tries is stopped,
/// so that this second has no end, however busy the machine is.
/// </remarks>
internal sealed class BusyProgram : IDisposable
{
    private const int ETXTBSY = 26;
    private const int OwnPriority = 13; // no other test's: the mark of a process that has no name of its own yet
    private readonly TemporaryDirectory _directory = TemporaryDirectory.ForPrograms();
    private readonly SafeFileHandle _writer;

    internal BusyProgram()
    {
        Path = _directory.WritePuppet("program");
        _writer = File.OpenHandle(Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        bool isBusy = OperatingSystem.IsWindows() || IsBusy(); // there the skip of a test comes after the constructor of its class
        if (!isBusy)
        {
            Dispose();
        }

        Assert.SkipUnless(isBusy, "this kernel executes a program that is open for writing, as Linux 6.11 does");
    }

    internal string Path { get; }

    /// <summary>The process that is stopped on its way to the program; 0 before <see cref="HoldAsync"/>.</summary>
    internal int Beginning { get; private set; }

    internal ChildProcessStartInfo Info(params string[] arguments) => new(Path, arguments) { Priority = Priority, NewSession = true };

    /// <summary>Begins a start of it, and returns when that can go no further.</summary>
    internal async Task<Task<T>> HoldAsync<T>(IChildProcessHost host, Func<Task<T>> begin)
    {
        while (true)
        {
            Task<T> start = begin();
            await Eventually.HoldsAsync(() => start.IsCompleted || (Beginning = Find(host)) != 0, "a process is about to execute it");
            if (Beginning != 0 && Syscall.kill(Beginning, Signum.SIGSTOP) == 0)
            {
                await Eventually.HoldsAsync(() => start.IsCompleted || ProcStat.Read(Beginning)?.State == 'T', "it stops");
            }

            if (!start.IsCompleted)
            {
                return start;
            }

            await Assert.ThrowsAsync<ChildProcessStartException>(() => start); // the second was over before it could be stopped
        }
    }

    /// <summary>Nobody writes to it any more, and who waits for that goes on.</summary>
    internal void Free()
    {
        _writer.Dispose();
        if (Beginning != 0)
        {
            Syscall.kill(Beginning, Signum.SIGCONT);
        }
    }

    public void Dispose()
    {
        _writer.Dispose();
        _directory.Dispose();
    }

    private bool IsBusy()
    {
        try
        {
            using Process process = Process.Start(Path, ["exit", "0"]);
            process.WaitForExit();
            return false;
        }
        catch (Win32Exception e)
        {
            Assert.Equal(ETXTBSY, e.NativeErrorCode);
            return true;
        }
    }

    private static int Priority => Math.Max(OwnPriority, Nice(Environment.ProcessId));

    // Where it has no supervisor it is one of this process's many children.
    private static int Find(IChildProcessHost host) => UnderTest.HoldsWholeTree
        ? ProcFile.Children(Keepers.GuardianOf(host)).SelectMany(ProcFile.Children).FirstOrDefault(static c => ProcFs.Command(c)?.StartsWith("childproc-", StringComparison.Ordinal) == true)
        : ProcFile.Children(Environment.ProcessId).Find(static c => ProcFs.Command(c) == "childproc-child" && ProcStat.Read(c)?.Session == c && Nice(c) == Priority);

    // proc(5): the nineteenth field, seventeen behind the name.
    private static int Nice(int pid)
    {
        string stat = ProcFile.Text(pid, "stat");
        return stat.Length == 0 ? int.MinValue : int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[16], CultureInfo.InvariantCulture);
    }
}
