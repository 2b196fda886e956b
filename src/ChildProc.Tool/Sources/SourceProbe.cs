using ChildProc.Interop;
using ChildProc.Tool.Audit;
using ChildProc.Tool.Interop;
using ChildProc.Tool.Run;

namespace ChildProc.Tool.Sources;

/// <summary>Which sources work here, by trying them; each answer is nothing, or why not.</summary>
internal static class SourceProbe
{
    /// <summary>What runs without being asked for: all that costs next to nothing.</summary>
    internal static readonly string[] Automatic = ["sub", "proc", "cn"];

    internal static readonly string[] All = ["sub", "proc", "cn", "strace", "perf", "app"];

    /// <summary>Whatever the tool does with a process, it takes its id from there, a SIGKILL included.</summary>
    internal static string? OwnProc() => ProcFile.IsOurs() ? null : "/proc is not mounted, or that of another PID namespace: mount it (unshare --mount-proc)";

    /// <exception cref="EvidenceException">What is in /proc is not to be believed.</exception>
    internal static void RequireProc()
    {
        if (OwnProc() is { } why)
            throw new EvidenceException(why);
    }

    internal static string? Subreaper() => OwnProc() ?? (LibC.prctl(LibC.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 ? null : "this kernel has no subreapers");

    internal static string? Proc() => OwnProc() ?? (File.Exists($"/proc/self/task/{Environment.ProcessId}/children") ? null : "the kernel lacks CONFIG_PROC_CHILDREN");

    internal static string? Connector()
    {
        (int socket, string? why) = ProcConnector.Open();
        if (why is null)
            _ = LibC.close(socket);
        return why;
    }

    /// <summary>Before a run: cheap, no process is traced.</summary>
    internal static string? Strace()
    {
        try
        {
            Spawner.Find("strace");
        }
        catch (StartException)
        {
            return "strace is not installed (Debian: apt-get install strace)";
        }

        return File.Exists("/proc/sys/kernel/yama/ptrace_scope") && File.ReadAllText("/proc/sys/kernel/yama/ptrace_scope").Trim() == "3"
            ? "the kernel forbids ptrace: kernel.yama.ptrace_scope is 3" : null;
    }

    /// <summary>For doctor: a program is traced for real.</summary>
    internal static string? StraceForReal()
    {
        const int Oldest = 506; // --decode-fds
        if (Strace() is { } why)
            return why;
        ProgramOutput version = Programs.Run("strace", ["--version"]);
        if (StraceTool.Version(version.Output) is var found && found < Oldest)
            return $"strace is older than 5.6, or not strace: {version.Output.Split('\n')[0]}";
        ProgramOutput trial = Programs.Run("strace", ["-f", "--seccomp-bpf", "-o", "/dev/null", "--", "true"]);
        return trial.Status == 0 ? null : "strace may not trace here: " + trial.FirstErrorLine;
    }

    internal static string? PerfForReal()
    {
        try
        {
            Spawner.Find("perf");
        }
        catch (StartException)
        {
            return "perf is not installed (Debian: apt-get install linux-perf)";
        }

        ProgramOutput trial = Programs.Run("perf", ["record", "-e", "sched:sched_process_exit", "-o", "/dev/null", "--", "true"]);
        return trial.Status == 0 ? null
            : $"perf may not read tracepoints here: {trial.FirstErrorLine} (kernel.perf_event_paranoid is {Paranoid()}; -1, or CAP_PERFMON, is needed)";
    }

    private static string Paranoid() => File.Exists("/proc/sys/kernel/perf_event_paranoid") ? File.ReadAllText("/proc/sys/kernel/perf_event_paranoid").Trim() : "not there";
}
