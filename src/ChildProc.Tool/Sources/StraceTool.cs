using System.Globalization;
using System.Text.RegularExpressions;

namespace ChildProc.Tool.Sources;

/// <summary>How strace is called. Why each option: docs/tool.md.</summary>
internal static partial class StraceTool
{
    private const string Calls =
        "fork,vfork,clone,clone3,execve,execveat,exit,exit_group,wait4,waitid,kill,tkill,tgkill,pidfd_open,pidfd_send_signal,pidfd_getfd,setsid,setpgid,prctl,"
        + "open,openat,openat2,creat,close,close_range,dup,dup2,dup3,fcntl,pipe,pipe2,socket,socketpair,accept,accept4,recvmsg,eventfd2,epoll_create1,timerfd_create,"
        + "signalfd4,inotify_init1,memfd_create,io_uring_setup,unshare,rt_sigaction";

    /// <summary>
    /// The tracer is a grandchild (-D), so the target stays the tool's own child; fatal signals are not blocked (-I2). A call
    /// that this architecture does not have is left out by the question mark.
    /// </summary>
    internal static IReadOnlyList<string> Arguments(string log, IReadOnlyList<string> command) =>
    [
        "strace", "-D", "-I2", .. HasTimeZone ? Array.Empty<string>() : ["-E", "TZ"],
        "-f", "--seccomp-bpf", "--absolute-timestamps=format:unix,precision:ns", "-T", "-s", "256", "--decode-fds=path,pidfd,socket",
        "-e", "trace=" + string.Join(',', Calls.Split(',').Select(static c => "?" + c)), "-e", "signal=all", "-o", log, "--", .. command,
    ];

    /// <summary>
    /// strace asks for the local time with each line, and glibc without a TZ then looks whether /etc/localtime has changed:
    /// a quarter of all calls of strace. It gets a TZ of its own, which -E takes from the command again.
    /// </summary>
    internal static void AddEnvironment(Dictionary<string, string> environment)
    {
        if (!HasTimeZone)
            environment["TZ"] = "UTC0";
    }

    private static bool HasTimeZone => Environment.GetEnvironmentVariable("TZ") is not null;

    /// <returns>Major times 100 plus minor, 0 where the text is none of strace's.</returns>
    internal static int Version(string text) => VersionPattern().Match(text) is { Success: true } match
        ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * 100 + int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"strace -- version (\d{1,3})\.(\d{1,3})")]
    private static partial Regex VersionPattern();
}
