using System.Diagnostics;
using ChildProc.Engines.Direct;
using ChildProc.Interop;
using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Engines.Direct;

/// <summary>Hosts with the direct engine, whatever containment the run of the suite is about.</summary>
internal static class DirectHost
{
    private const string NotThere = "/nonexistent/program";

    /// <summary>The direct engine with the library's own program.</summary>
    internal static readonly Dictionary<string, string> Gated = new() { [UnderTest.Variable] = nameof(Containment.ProcessGroup) };

    /// <summary>Without that: posix_spawn alone.</summary>
    internal static readonly Dictionary<string, string> Plain = new(Gated) { ["CHILDPROC_TEST_GUARDIAN"] = NotThere };

    /// <summary>As on kernels before 6.9, which cannot signal a group through the pidfd of its leader.</summary>
    internal static readonly Dictionary<string, string> OldKernel = new(Gated) { ["CHILDPROC_TEST_SWITCH"] = "ChildProc.Direct.NoGroupSignal" };

    internal static Dictionary<string, string> Of(string way) => way switch
    {
        nameof(Gated) => Gated,
        nameof(Plain) => Plain,
        _ => OldKernel,
    };

    internal static IChildProcessHost Create(TestLog? log = null, bool plain = false) => ChildProcessHost.Create(new ChildProcessHostOptions
    {
        Containment = Containment.ProcessGroup,
        GuardianPath = plain ? NotThere : null,
        LoggerFactory = log,
    });

    /// <summary>What the verb "ids" prints.</summary>
    internal static async Task<List<string>> IdsAsync(IChildProcess child)
    {
        List<string> lines = [];
        while (await child.NextLineAsync() is { } line)
        {
            lines.Add(line);
            if (line.StartsWith("tpgid=", StringComparison.Ordinal))
            {
                break;
            }
        }

        return lines;
    }

    /// <summary>The statuses of ended children that are not ours can be told by the kernel (PIDFD_INFO_EXIT, Linux 6.15).</summary>
    internal static bool StatusesCanBeRecovered { get; } = RecoversStatus();

    // By asking for one: what a kernel calls itself tells little of what was ported back to it, or of what a sandbox refuses.
    private static bool RecoversStatus()
    {
        using Process process = Process.Start(Puppet.Path, "pause");
        using Descriptor? pidFd = PidFd.Open(process.Id);
        process.Kill();
        process.WaitForExit(); // reaped by the runtime
        int error = Libc.ENOSYS;
        for (int i = 0; i < 1000 && pidFd is not null && (error = PidFd.Recover(pidFd.Number, out _)) == Libc.EAGAIN; i++)
        {
            Thread.Sleep(1);
        }

        return error == 0;
    }
}
