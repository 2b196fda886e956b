using ChildProc.Tool.Audit;
using ChildProc.Tool.Tests.Infrastructure;

namespace ChildProc.Tool.Tests.Strace;

/// <summary>Logs that a real strace wrote of real programs: see golden/README.md.</summary>
public class GoldenTests
{
    [Theory]
    [InlineData("orphan", "CPL001")]
    [InlineData("daemon", "CPL001 CPL011")]
    [InlineData("zombie", "CPL002")]
    [InlineData("late-reap", "CPL002")]
    [InlineData("fd", "CPL003")]
    [InlineData("inherit", "CPL004")]
    [InlineData("pipe", "CPL005")]
    [InlineData("pipe-quick", "CPL005")]
    [InlineData("pidfd", "CPL006")]
    [InlineData("reap", "CPL008")]
    [InlineData("thread", "CPL010")]
    [InlineData("escape", "CPL001 CPL011")]
    [InlineData("close", "CPL012")]
    public void A_leak_is_found_in_its_log(string name, string rules)
    {
        Report report = Evidence.Golden(name + ".strace");
        Assert.Equal(Verdict.Leak, report.Verdict);
        Assert.Equal(rules.Split(' '), Evidence.Rules(report));
        Assert.Equal(0, report.LostEvidence);
        Assert.All(report.Findings, static f => Assert.Contains(f.References, static r => r.Contains(".strace:", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("zombie-ok")]
    [InlineData("zombie-ignored-ok")]
    [InlineData("fd-ok")]
    [InlineData("inherit-ok")]
    [InlineData("inherit-placed-ok")]
    [InlineData("pipe-ok")]
    [InlineData("pidfd-ok")]
    [InlineData("reap-ok")]
    [InlineData("signal")]
    [InlineData("thread-ok")]
    [InlineData("close-ok")]
    [InlineData("thread-exec-ok")]
    [InlineData("hostile-ok")]
    [InlineData("many-arguments-ok")]
    [InlineData("odd-path")]
    [InlineData("clock")]
    [InlineData("dotnet-process")]
    public void A_clean_log_is_clean_and_its_sums_hold(string name)
    {
        Report report = Evidence.Golden(name + ".strace");
        Assert.Empty(Evidence.Rules(report));
        Assert.Equal(Verdict.Clean, report.Verdict);
        Sums sums = report.Story.Sums;
        Assert.Equal(sums.Created, sums.ReapedByParent + sums.ReapedByOther);
        Assert.Equal(sums.Opened + sums.Inherited, sums.Closed + sums.ClosedByExec + sums.ClosedByExit);
    }

    [Fact]
    public void A_signal_to_an_id_that_nobody_has_any_more_is_a_note()
    {
        Finding finding = Assert.Single(Evidence.Golden("signal.strace").Findings);
        Assert.Equal((Rule.LateSignal, Severity.Note), (finding.Rule, finding.Severity));
    }

    [Theory]
    [InlineData("without-f")]
    [InlineData("without-times")]
    public void A_log_that_cannot_tell_is_inconclusive(string name) => Assert.Equal(Verdict.Inconclusive, Evidence.Golden(name + ".strace").Verdict);

    [Fact]
    public void The_culprit_has_its_pid_command_and_lines()
    {
        Report report = Evidence.Golden("inherit.strace");
        Finding finding = Assert.Single(report.Findings);
        Assert.Equal("true", finding.Command);
        string[] lines = File.ReadAllLines(Paths.Golden("inherit.strace"));
        string[] cited = [.. finding.References.Select(r => lines[int.Parse(r.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture) - 1])];
        Assert.Contains("\"/dev/zero\"", cited[0], StringComparison.Ordinal);
        Assert.Contains("execve(\"/bin/true\"", cited[1], StringComparison.Ordinal);
        Assert.StartsWith($"{finding.Pid} ", cited[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Cut_anywhere_a_log_is_never_clean()
    {
        string whole = File.ReadAllText(Paths.Golden("dotnet-process.strace"));
        Random random = new(20260101);
        for (int i = 0; i < 200; i++)
        {
            int length = random.Next(1, whole.Length - 1);
            Assert.NotEqual(Verdict.Clean, Evidence.OfStrace(whole[..length]).Verdict);
        }
    }
}
