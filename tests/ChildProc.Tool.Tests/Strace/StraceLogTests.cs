using System.Text;
using ChildProc.Tool.Audit;
using ChildProc.Tool.Strace;
using ChildProc.Tool.Tests.Infrastructure;

namespace ChildProc.Tool.Tests.Strace;

public class StraceLogTests
{
    private static List<StraceRecord> Read(string text)
    {
        using StraceLog log = new(new MemoryStream(Encoding.Latin1.GetBytes(text)));
        return [.. log.Read()];
    }

    [Theory]
    [InlineData("1 2.0 waitid(P_ALL, 0,  <unfinished ...>\n1 2.1 <... waitid resumed>{si_signo=SIGCHLD, si_pid=7}, WEXITED, NULL) = 0\n", "P_ALL, 0,{si_signo=SIGCHLD, si_pid=7}, WEXITED, NULL", "0")]
    [InlineData("1 2.0 clone3({flags=CLONE_VM} <unfinished ...>\n1 2.1 <... clone3 resumed> => {parent_tid=[15903]}, 88) = 15903\n", "{flags=CLONE_VM} => {parent_tid=[15903]}, 88", "15903")]
    [InlineData("1 2.0 vfork( <unfinished ...>\n1 2.1 <... vfork resumed>) = 9 <0.5>\n", "", "9")]
    [InlineData("1 2.0 wait4(-1,  <unfinished ...>\n1 2.1 <... wait4 resumed> <unfinished ...>) = ?\n", "-1, <unfinished ...>", "?")]
    public void A_resumed_call_is_joined_whatever_follows_the_mark(string text, string arguments, string result)
    {
        StraceRecord record = Assert.Single(Read(text));
        Assert.Equal((StraceKind.Call, arguments, result, 1L, 2_000_000_000L), (record.Kind, record.Arguments, record.Result, record.Line, record.Time));
    }

    [Theory]
    [InlineData("1 2.0 <... read resumed>) = 0\n")]
    [InlineData("1 2.0 read( <unfinished ...>\n1 2.1 <... wait4 resumed>) = 0\n")]
    [InlineData("1 2.0 read( <unfinished ...>\n1 2.1 read( <unfinished ...>\n")]
    [InlineData("1 2.0 open(\"a\n")]
    [InlineData("1 2.0 what is this\n")]
    [InlineData("1 2.0 +++ exited with\n")]
    [InlineData("1 2.0 wait4(-1 <detached ...>\n")]
    public void What_does_not_fit_together_is_told(string text) => Assert.Contains(Read(text), static r => r.Kind == StraceKind.Broken);

    [Fact]
    public void Times_of_day_go_on_after_midnight()
    {
        List<StraceRecord> records = Read("1 23:59:59.900000 getpid() = 1\n1 00:00:00.100000 getpid() = 1\n");
        Assert.Equal(200_000_000, records[1].Time - records[0].Time);
    }

    [Fact]
    public void A_line_without_end_is_not_believed()
    {
        using StraceLog log = new(new MemoryStream("1 2.0 getpid() = 1\n1 2.1 fork() = 12"u8.ToArray()));
        Assert.Single(log.Read());
        Assert.True(log.EndsWithinLine);
    }

    [Fact]
    public void An_execve_that_supersedes_a_thread_has_succeeded_whatever_strace_prints()
    {
        List<StraceRecord> records = Read("7 1.0 execve(\"/bin/true\", [\"true\"], 0x1 /* 4 vars */ <pid changed to 5 ...>\n5 1.1 +++ superseded by execve in pid 7 +++\n5 1.2 <... execve resumed>) = -1 (errno 18446744073709551359) <0.1>\n");
        Assert.Equal([StraceKind.Superseded, StraceKind.Call], records.Select(static r => r.Kind));
        Assert.Equal((5, "0"), (records[1].Tid, records[1].Result));
    }

    [Fact]
    public void An_execve_that_was_interrupted_before_it_superseded_is_joined_and_its_thread_is_known()
    {
        Report report = Evidence.OfStrace(
            "4 1.0 execve(\"/a\", [\"a\"], 0x1) = 0\n4 1.1 clone(flags=SIGCHLD) = 5\n5 1.2 clone3({flags=CLONE_THREAD, exit_signal=0}, 88 <unfinished ...>\n7 1.3 execve(\"/bin/true\", [\"true\"], 0x1 <unfinished ...>\n"
            + "5 1.4 +++ superseded by execve in pid 7 +++\n5 1.5 <... execve resumed>) = 0 <0.1>\n5 1.6 +++ exited with 0 +++\n4 1.7 wait4(5, NULL, 0, NULL) = 5\n4 1.8 +++ exited with 0 +++\n");
        Assert.Equal(Verdict.Clean, report.Verdict);
        Assert.Contains(report.Story.Lives, static l => l.Pid == 5 && l.Title == "true");
    }

    [Fact]
    public void A_line_longer_than_a_mebibyte_is_left_out_and_told()
    {
        List<StraceRecord> records = Read("1 2.0 write(1, \"" + new string('x', 2 << 20) + "\") = 0\n1 2.1 getpid() = 1\n");
        Assert.Equal([StraceKind.Call, StraceKind.Broken], records.Select(static r => r.Kind));
    }
}
