namespace ChildProc.Tool.Model;

/// <summary>Signal numbers of Linux on x64 and arm64, and their names.</summary>
internal static class SignalNames
{
    private static readonly string[] s_names =
    [
        "0", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV",
        "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU",
        "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ];

    internal static string Of(int number) => number >= 0 && number < s_names.Length ? s_names[number] : $"signal {number}";

    /// <returns>0 where the name is none.</returns>
    internal static int Number(ReadOnlySpan<char> name)
    {
        for (int i = 1; i < s_names.Length; i++)
        {
            if (name.SequenceEqual(s_names[i]))
                return i;
        }

        return name.StartsWith("SIGRT_") && int.TryParse(name[6..], out int realTime) ? 32 + realTime : name.SequenceEqual("SIGRTMIN") ? 32 : 0;
    }
}
