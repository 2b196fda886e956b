using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace ChildProc.Tests;

public sealed partial class ChildSignalTests
{
    [Fact]
    public void Default_is_no_signal()
    {
        Assert.Equal(0, default(ChildSignal).Number);
        Assert.Equal("none", default(ChildSignal).Name);
    }

    [Theory]
    [InlineData(int.MinValue)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(65)]
    [InlineData(257)]
    public void Numbers_outside_1_to_64_are_refused(int value) =>
        Assert.Throws<ArgumentOutOfRangeException>("number", () => ChildSignal.FromNumber(value));

    [Fact]
    public void Number_and_named_member_make_equal_signals()
    {
        Assert.Equal(ChildSignal.Kill, ChildSignal.FromNumber(9));
        Assert.Equal(ChildSignal.User1, ChildSignal.FromNumber(ChildSignal.User1.Number));
        Assert.NotEqual(ChildSignal.User1, ChildSignal.User2);
    }

    [Fact]
    public void Every_member_has_the_name_that_its_number_has()
    {
        (ChildSignal Signal, string Name)[] members =
        [
            (ChildSignal.Hangup, "SIGHUP"), (ChildSignal.Interrupt, "SIGINT"), (ChildSignal.Quit, "SIGQUIT"),
            (ChildSignal.IllegalInstruction, "SIGILL"), (ChildSignal.Trap, "SIGTRAP"), (ChildSignal.Abort, "SIGABRT"),
            (ChildSignal.BusError, "SIGBUS"), (ChildSignal.FloatingPointError, "SIGFPE"), (ChildSignal.Kill, "SIGKILL"),
            (ChildSignal.User1, "SIGUSR1"), (ChildSignal.SegmentationFault, "SIGSEGV"), (ChildSignal.User2, "SIGUSR2"),
            (ChildSignal.Pipe, "SIGPIPE"), (ChildSignal.Alarm, "SIGALRM"), (ChildSignal.Terminate, "SIGTERM"),
            (ChildSignal.Child, "SIGCHLD"), (ChildSignal.Continue, "SIGCONT"), (ChildSignal.Stop, "SIGSTOP"),
            (ChildSignal.TerminalStop, "SIGTSTP"), (ChildSignal.TerminalInput, "SIGTTIN"),
            (ChildSignal.TerminalOutput, "SIGTTOU"), (ChildSignal.Urgent, "SIGURG"),
            (ChildSignal.CpuTimeExceeded, "SIGXCPU"), (ChildSignal.FileSizeExceeded, "SIGXFSZ"),
            (ChildSignal.WindowChange, "SIGWINCH"), (ChildSignal.InputOutput, "SIGIO"), (ChildSignal.BadSystemCall, "SIGSYS"),
        ];
        Assert.All(members, member => Assert.Equal(member.Name, member.Signal.ToString()));
        int properties = typeof(ChildSignal).GetProperties().Count(property => property.PropertyType == typeof(ChildSignal));
        Assert.Equal(properties, members.Length);
    }

    [Theory]
    [InlineData(10, "SIGUSR1", "SIGBUS")]
    [InlineData(17, "SIGCHLD", "SIGSTOP")]
    [InlineData(30, "SIGPWR", "SIGUSR1")]
    [InlineData(31, "SIGSYS", "SIGUSR2")]
    [InlineData(15, "SIGTERM", "SIGTERM")]
    public void Names_follow_the_platform(int number, string linux, string mac)
    {
        Assert.Equal(linux, ChildSignal.NameOf(number, mac: false, realtimeMin: 34));
        Assert.Equal(mac, ChildSignal.NameOf(number, mac: true, realtimeMin: 34));
    }

    [Theory]
    [InlineData(32, "SIG32", "SIG32")]
    [InlineData(33, "SIG33", "SIG33")]
    [InlineData(34, "SIGRTMIN", "SIG34")]
    [InlineData(35, "SIGRTMIN+1", "SIGRTMIN")]
    [InlineData(64, "SIGRTMIN+30", "SIGRTMIN+29")]
    public void Real_time_signals_are_counted_from_the_first_one_of_the_C_library(int number, string glibc, string musl)
    {
        Assert.Equal(glibc, ChildSignal.NameOf(number, mac: false, realtimeMin: 34));
        Assert.Equal(musl, ChildSignal.NameOf(number, mac: false, realtimeMin: 35));
        Assert.Equal($"SIG{number}", ChildSignal.NameOf(number, mac: true, realtimeMin: 34));
    }

    [Fact]
    public void The_first_real_time_signal_is_the_one_that_the_C_library_names()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has real-time signals here.");
        Assert.Equal("SIGRTMIN", ChildSignal.FromNumber(SigRtMin()).Name);
    }

    // SIGRTMIN of signal.h is a call of this, in glibc and musl alike.
    [LibraryImport("libc", EntryPoint = "__libc_current_sigrtmin")]
    private static partial int SigRtMin();

    [Fact]
    public void Names_are_those_of_the_kernel_headers()
    {
        const string header = "/usr/include/asm-generic/signal.h";
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(header), "No kernel headers here.");
        string[] aliases = ["SIGIOT", "SIGLOST", "SIGUNUSED"]; // of SIGABRT, SIGIO (in a comment) and SIGSYS
        int compared = 0;
        foreach (Match line in Definition().Matches(File.ReadAllText(header)))
        {
            int number = int.Parse(line.Groups[2].Value, CultureInfo.InvariantCulture);
            if (number < 32 && !aliases.Contains(line.Groups[1].Value))
            {
                Assert.Equal(line.Groups[1].Value, ChildSignal.FromNumber(number).Name);
                compared++;
            }
        }

        Assert.True(compared >= 30);
    }

    [GeneratedRegex(@"^#define\s+(SIG[A-Z0-9]+)\s+(\d+)\s*$", RegexOptions.Multiline)]
    private static partial Regex Definition();
}
