using ChildProc.Tool.Audit;
using ChildProc.Tool.Tests.Infrastructure;

namespace ChildProc.Tool.Tests.Strace;

/// <summary>
/// Waits of whose result there is only an address in the log, for strace may not read the memory of a process that is not
/// dumpable (PR_SET_DUMPABLE), or nothing, for the process did not ask.
/// </summary>
public class UnseenWaitTests
{
    private const string Before = """
        5 100.000000000 execve("/p", ["p"], 0x1 /* 0 vars */) = 0 <0.000100>
        5 100.010000000 clone(child_stack=NULL, flags=SIGCHLD) = 6 <0.000100>
        6 100.020000000 execve(0x4279d8, 0x40d5b8, 0x40d5d0) = 0 <0.000100>
        6 100.030000000 exit_group(0) = ?
        6 100.040000000 +++ exited with 0 +++
        5 100.050000000 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=6, si_uid=0, si_status=0, si_utime=0, si_stime=0} ---

        """;

    private const string After = """

        5 100.400000000 exit_group(0) = ?
        5 100.500000000 +++ exited with 0 +++

        """;

    [Theory]
    [InlineData("5 100.1 waitid(P_PID, 6, NULL, WEXITED, NULL) = 0 <0.000100>")]
    [InlineData("5 100.1 waitid(P_PIDFD, 4<pid:6>, 0x7ffd01, WEXITED, NULL) = 0 <0.000100>")]
    [InlineData("5 100.1 wait4(6, 0x7ffd01, 0, NULL) = 6 <0.000100>")]
    [InlineData("5 100.1 waitid(P_ALL, 0, 0x7ffd01, WNOHANG|WEXITED, NULL) = 0 <0.000100>\n5 100.2 waitid(P_ALL, 0, 0x7ffd01, WNOHANG|WEXITED, NULL) = -1 ECHILD (No child processes) <0.000100>")]
    [InlineData("5 100.1 waitid(P_ALL, 0, NULL, WEXITED, NULL) = 0 <0.000100>\n5 100.2 wait4(-1, 0x7ffd01, WNOHANG, NULL) = -1 ECHILD (No child processes) <0.000100>")]
    public void Who_was_reaped_is_clear_from_the_call_or_from_an_end_of_all_children(string calls)
    {
        Report report = Evidence.OfStrace(Before + calls + After);
        Assert.Empty(report.Findings);
        Assert.Equal((Verdict.Clean, 1L), (report.Verdict, report.Story.Sums.ReapedByParent));
    }

    [Theory]
    [InlineData("5 100.1 waitid(P_ALL, 0, 0x7ffd01, WEXITED, NULL) = 0 <0.000100>")]
    [InlineData("5 100.1 waitid(P_PID, 6, 0x7ffd01, WNOHANG|WEXITED, NULL) = 0 <0.000100>")]
    [InlineData("5 100.1 waitid(P_ALL, 0, NULL, WEXITED, NULL) = 0 <0.000100>\n5 100.2 wait4(-1, 0x7ffd01, __WCLONE, NULL) = -1 ECHILD (No child processes) <0.000100>")]
    [InlineData("5 100.1 wait4(6, 0x7ffd01, WSTOPPED, NULL) = 6 <0.000100>")]
    public void Otherwise_a_log_alone_cannot_tell(string calls)
    {
        Report report = Evidence.OfStrace(Before + calls + After);
        Assert.Empty(Evidence.Rules(report));
        Assert.Equal(Verdict.Inconclusive, report.Verdict);
        Assert.Contains(report.Gaps, static gap => gap.Reason.Contains("nobody saw for whom 5 (p) waited", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("5 100.1 getpid() = 5 <0.000100>")]
    [InlineData("5 100.1 waitid(P_ALL, 0, 0x7ffd01, WEXITED|WNOWAIT, NULL) = 0 <0.000100>")]
    public void A_look_is_no_wait(string calls) => Assert.Equal(["CPL002"], Evidence.Rules(Evidence.OfStrace(Before + calls + After)));

    [Fact]
    public void A_program_whose_name_cannot_be_read_is_not_called_by_its_address()
        => Assert.Equal("?", Evidence.OfStrace(Before + "5 100.1 wait4(6, NULL, 0, NULL) = 6 <0.000100>" + After).Story.Lives.Single(static l => l.Pid == 6).Title);
}
