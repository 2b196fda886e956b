using ChildProc.Tests.Infrastructure;

namespace ChildProc.Tests.Pipelines;

/// <summary>The exit of a stage and the end of what it sends are two events.</summary>
public sealed class JointDrainTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(200);

    [Fact(Timeout = 60_000)]
    public async Task A_descendant_that_holds_a_joint_hangs_no_run()
    {
        ChildProcessStartInfo holder = new(Puppet.Seq("hold-stdout", "0", ",", "flood-lines", "2")) { DrainTimeout = s_short, StandardError = ChildStdio.Null };
        CapturedPipelineResult result = await new ChildPipeline(holder, Puppet.Info("cat")).CaptureAsync();
        Assert.Equal("line 0\nline 1\n", result.EnsureSuccess().StandardOutput);
        Assert.Equal([true, false], result.Stages.Select(static s => s.OutputIncomplete));
        Assert.True(result.OutputIncomplete);
        Assert.Contains("puppet", Assert.Single(result.KilledLeftovers), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_descendant_that_still_writes_within_the_drain_time_is_heard()
    {
        ChildProcessStartInfo late = new(Puppet.Seq("print", "early", ",", "fork", "1", "sleep-ms", "150", "+", "print", "late")) { DrainTimeout = TimeSpan.FromHours(1) };
        CapturedPipelineResult result = await new ChildPipeline(late, Puppet.Info("cat")).CaptureAsync();
        Assert.Equal("early\nlate\n", result.StandardOutput);
        Assert.False(result.OutputIncomplete);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_descendant_that_holds_no_joint_lives_as_long_as_the_pipeline()
    {
        // The second stage sees the end of its input at once, and the descendant outlives the drain time.
        using Marker marker = Marker.Create();
        ChildProcessStartInfo leaves = new(marker.Mark(Puppet.Info(Puppet.Daemon, "close", "1", "+", "pause"))) { DrainTimeout = s_short, StandardError = ChildStdio.Null };
        CapturedPipelineResult result = await new ChildPipeline(leaves, Puppet.Seq("wait-eof", ",", "sleep-ms", "600")).CaptureAsync();
        Assert.False(result.OutputIncomplete);
        Assert.Single(result.KilledLeftovers);
        Assert.True(result.Stages[0].Elapsed < result.Stages[1].Elapsed);
        marker.AssertGone();
    }
}
