using System.Globalization;
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
    [InlineData(32, "SIG32", "SIG32")]
    [InlineData(64, "SIG64", "SIG64")]
    public void Names_follow_the_platform(int number, string linux, string mac)
    {
        Assert.Equal(linux, ChildSignal.NameOf(number, mac: false));
        Assert.Equal(mac, ChildSignal.NameOf(number, mac: true));
    }

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
