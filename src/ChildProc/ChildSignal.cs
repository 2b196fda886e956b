using System.Globalization;
using System.Runtime.InteropServices;

namespace ChildProc;

/// <summary>A Unix signal, by the number that it has on this platform. See signal(7).</summary>
/// <remarks>
/// Numbers differ between Linux and macOS (SIGUSR1 is 10 and 30), names do not: use the named members. On Windows the
/// members have their Linux numbers. The default value has number 0 and is no signal.
/// </remarks>
public readonly record struct ChildSignal
{
    private const int MaxNumber = 64; // Linux _NSIG; macOS ends at 31

    // By number. Linux: asm-generic/signal.h, true of x64 and arm64 alike. macOS: sys/signal.h.
    private static readonly string[] s_linuxNames =
    [
        "none", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS",
        "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM",
        "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG",
        "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ];

    private static readonly string[] s_macNames =
    [
        "none", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGEMT",
        "SIGFPE", "SIGKILL", "SIGBUS", "SIGSEGV", "SIGSYS", "SIGPIPE", "SIGALRM", "SIGTERM",
        "SIGURG", "SIGSTOP", "SIGTSTP", "SIGCONT", "SIGCHLD", "SIGTTIN", "SIGTTOU", "SIGIO",
        "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGINFO", "SIGUSR1", "SIGUSR2",
    ];

    // SIGRTMIN is the C library's: it keeps the kernel's first real-time signals (from 32) for its threads, glibc two of
    // them and musl three. See signal(7) and musl's __libc_current_sigrtmin.
    private static readonly int s_realtimeMin = RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) ? 35 : 34;

    private readonly byte _number;

    private ChildSignal(int number) => _number = (byte)number;

    /// <summary>SIGHUP: the terminal is gone; to daemons often "read the configuration again".</summary>
    public static ChildSignal Hangup => new(1);

    /// <summary>SIGINT: the interrupt key, Ctrl-C.</summary>
    public static ChildSignal Interrupt => new(2);

    /// <summary>SIGQUIT: the quit key, Ctrl-\; the default action dumps core.</summary>
    public static ChildSignal Quit => new(3);

    /// <summary>SIGILL: an illegal instruction.</summary>
    public static ChildSignal IllegalInstruction => new(4);

    /// <summary>SIGTRAP: a trace or breakpoint trap.</summary>
    public static ChildSignal Trap => new(5);

    /// <summary>SIGABRT: the program gave up, abort(3).</summary>
    public static ChildSignal Abort => new(6);

    /// <summary>SIGBUS: a bad memory access, for example beyond the end of a mapped file.</summary>
    public static ChildSignal BusError => Pick(linux: 7, mac: 10);

    /// <summary>SIGFPE: an arithmetic fault.</summary>
    public static ChildSignal FloatingPointError => new(8);

    /// <summary>SIGKILL: ends a process; it cannot be caught, blocked or ignored.</summary>
    public static ChildSignal Kill => new(9);

    /// <summary>SIGUSR1: of the program's own meaning.</summary>
    public static ChildSignal User1 => Pick(linux: 10, mac: 30);

    /// <summary>SIGSEGV: an invalid memory reference.</summary>
    public static ChildSignal SegmentationFault => new(11);

    /// <summary>SIGUSR2: of the program's own meaning.</summary>
    public static ChildSignal User2 => Pick(linux: 12, mac: 31);

    /// <summary>SIGPIPE: a write to a pipe that nobody reads.</summary>
    public static ChildSignal Pipe => new(13);

    /// <summary>SIGALRM: the timer of alarm(2).</summary>
    public static ChildSignal Alarm => new(14);

    /// <summary>SIGTERM: the polite request to end.</summary>
    public static ChildSignal Terminate => new(15);

    /// <summary>SIGCHLD: a child of the process stopped or ended.</summary>
    public static ChildSignal Child => Pick(linux: 17, mac: 20);

    /// <summary>SIGCONT: continue after a stop.</summary>
    public static ChildSignal Continue => Pick(linux: 18, mac: 19);

    /// <summary>SIGSTOP: stops a process; it cannot be caught, blocked or ignored.</summary>
    public static ChildSignal Stop => Pick(linux: 19, mac: 17);

    /// <summary>SIGTSTP: the suspend key, Ctrl-Z.</summary>
    public static ChildSignal TerminalStop => Pick(linux: 20, mac: 18);

    /// <summary>SIGTTIN: a background process reads from its terminal.</summary>
    public static ChildSignal TerminalInput => new(21);

    /// <summary>SIGTTOU: a background process writes to its terminal.</summary>
    public static ChildSignal TerminalOutput => new(22);

    /// <summary>SIGURG: urgent data on a socket.</summary>
    public static ChildSignal Urgent => Pick(linux: 23, mac: 16);

    /// <summary>SIGXCPU: the limit on processor time is reached.</summary>
    public static ChildSignal CpuTimeExceeded => new(24);

    /// <summary>SIGXFSZ: the limit on the size of a file is reached.</summary>
    public static ChildSignal FileSizeExceeded => new(25);

    /// <summary>SIGWINCH: the terminal window changed its size.</summary>
    public static ChildSignal WindowChange => new(28);

    /// <summary>SIGIO: input or output is possible.</summary>
    public static ChildSignal InputOutput => Pick(linux: 29, mac: 23);

    /// <summary>SIGSYS: a bad system call, also the verdict of a seccomp filter.</summary>
    public static ChildSignal BadSystemCall => Pick(linux: 31, mac: 12);

    /// <summary>The number on this platform, 1 to 64; 0 for the default value.</summary>
    public int Number => _number;

    /// <summary>
    /// The name, for example "SIGTERM"; "SIGRTMIN+6" for a real-time signal, counted from the SIGRTMIN of the host's C
    /// library (34 in glibc, 35 in musl); "SIG32" for a number without a name; "none" for the default value.
    /// </summary>
    public string Name => NameOf(_number, OperatingSystem.IsMacOS(), s_realtimeMin);

    /// <summary>Makes a signal of its number on this platform, a real-time signal for example.</summary>
    /// <param name="number">The number, 1 to 64.</param>
    /// <returns>The signal.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is not within 1 to 64.</exception>
    public static ChildSignal FromNumber(int number)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, MaxNumber);
        return new(number);
    }

    /// <summary>The name of the signal.</summary>
    /// <returns><see cref="Name"/>.</returns>
    public override string ToString() => Name;

    internal static string NameOf(int number, bool mac, int realtimeMin)
    {
        string[] names = mac ? s_macNames : s_linuxNames;
        if (number < names.Length)
        {
            return names[number];
        }

        // macOS has no real-time signals.
        return mac || number < realtimeMin ? string.Create(CultureInfo.InvariantCulture, $"SIG{number}")
            : number == realtimeMin ? "SIGRTMIN"
            : string.Create(CultureInfo.InvariantCulture, $"SIGRTMIN+{number - realtimeMin}");
    }

    private static ChildSignal Pick(int linux, int mac) => new(OperatingSystem.IsMacOS() ? mac : linux);
}
