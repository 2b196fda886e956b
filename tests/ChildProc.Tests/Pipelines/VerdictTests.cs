using ChildProc.Pipelines;

namespace ChildProc.Tests.Pipelines;

public sealed class VerdictTests
{
    private static readonly ExitStatus s_good = ExitStatus.FromCode(0), s_two = ExitStatus.FromCode(2), s_three = ExitStatus.FromCode(3),
        s_sigpipe = ExitStatus.FromSignal(ChildSignal.Pipe), s_killed = ExitStatus.FromSignal(ChildSignal.Kill);

    [Fact]
    public void The_last_stage_speaks_alone_when_that_is_the_rule()
    {
        Assert.Equal(new Verdict(s_good, null), Verdict.Of(PipelineRule.Last, [s_two, s_killed, s_good]));
        Assert.Equal(new Verdict(s_three, 2), Verdict.Of(PipelineRule.Last, [s_good, s_two, s_three]));
    }

    [Fact]
    public void Pipefail_is_the_last_failure()
    {
        Assert.Equal(new Verdict(s_good, null), Verdict.Of(PipelineRule.Pipefail, [s_good, s_good]));
        Assert.Equal(new Verdict(s_three, 1), Verdict.Of(PipelineRule.Pipefail, [s_two, s_three, s_good]));
        Assert.Equal(new Verdict(s_killed, 0), Verdict.Of(PipelineRule.Pipefail, [s_killed, s_good, s_good]));
    }

    [Fact]
    public void A_producer_ended_by_sigpipe_has_not_failed_unless_all_must_succeed()
    {
        Assert.Equal(new Verdict(s_good, null), Verdict.Of(PipelineRule.Pipefail, [s_sigpipe, s_sigpipe, s_good]));
        Assert.Equal(new Verdict(s_two, 0), Verdict.Of(PipelineRule.Pipefail, [s_two, s_sigpipe, s_good]));
        Assert.Equal(new Verdict(s_sigpipe, 1), Verdict.Of(PipelineRule.All, [s_two, s_sigpipe, s_good]));
        Assert.Equal(new Verdict(s_good, null), Verdict.Of(PipelineRule.All, [s_good, s_good]));
    }

    [Fact]
    public void The_last_stage_has_no_consumer_to_excuse_its_sigpipe()
        => Assert.Equal(new Verdict(s_sigpipe, 1), Verdict.Of(PipelineRule.Pipefail, [s_good, s_sigpipe]));

    [Fact]
    public void A_status_that_nobody_knows_is_no_success()
        => Assert.Equal(new Verdict(ExitStatus.Unknown, 0), Verdict.Of(PipelineRule.Pipefail, [ExitStatus.Unknown, s_good]));
}
